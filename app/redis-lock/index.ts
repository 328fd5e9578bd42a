export { createRedisLock } from './redis-lock.ts';
export { tryUntil, withTimeout } from './timing.ts';
export type { AcquireOptions, Acquisition, DistributedLock, Lease, LockOptions, Refusal } from './types.ts';
