export { type HeldLock, inspectLocks } from './adapters/inspect.ts';
export { createRedisLock } from './redis-lock.ts';
export { createRedlock } from './redlock.ts';
export { nodeRuntime, type Runtime, type Timer } from './runtime.ts';
export type {
  AcquireOptions,
  Acquisition,
  DistributedLock,
  Lease,
  LockListener,
  LockOptions,
  LossReason,
  Refusal,
} from './types.ts';
