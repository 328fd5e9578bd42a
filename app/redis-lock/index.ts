export { type HeldLock, inspectLocks } from './adapters/inspect.ts';
export type { KeyCommand, LockClient, Replied, Subscriber, Subscription } from './src/client.ts';
export type { LockKeys } from './src/keys.ts';
export { maxToken } from './src/options.ts';
export { createRedisLock } from './src/redis-lock.ts';
export { createRedlock } from './src/redlock.ts';
export { nodeRuntime, type Runtime, type Timer } from './src/runtime.ts';
export type { Script } from './src/script.ts';
export type {
  AcquireOptions,
  Acquisition,
  DistributedLock,
  Lease,
  LockListener,
  LockOptions,
  LossReason,
  Refusal,
} from './src/types.ts';
