import type { Redis } from 'ioredis';
import { createRedisLock, withTimeout } from '../redis-lock/index.ts';
import type { AccountStore } from './account.ts';
import type { LockMode, LockModeName } from './lock-mode.ts';
import { createMemoryMode } from './memory.ts';
import { createNaiveMode } from './naive.ts';
import { createNoneMode } from './none.ts';
import { createRedisMode } from './redis.ts';

/** What the modes are built from. */
export interface LockModeDeps {
  readonly accounts: AccountStore;
  readonly redis: Redis;
  readonly lockTtlMs: number;
  readonly redisTimeoutMs: number;
}

export type LockModes = Readonly<Record<LockModeName, LockMode>>;

/** Every mode, ready to guard: with the lab on, each request may choose its own. */
export function createLockModes({ accounts, redis, lockTtlMs, redisTimeoutMs }: LockModeDeps): LockModes {
  const ping = async () => void (await withTimeout(redis.ping(), redisTimeoutMs, 'Redis'));
  const lock = createRedisLock(redis, { ttlMs: lockTtlMs, nodeTimeoutMs: redisTimeoutMs });
  return {
    none: createNoneMode(accounts),
    memory: createMemoryMode(accounts),
    naive: createNaiveMode(accounts, redis, { ttlMs: lockTtlMs, timeoutMs: redisTimeoutMs }, ping),
    redis: createRedisMode(accounts, lock, ping),
  };
}

export type { Account, AccountStore, FlagWrite, GuardedAccount, OpenCharge, WriteResult } from './account.ts';
export { type CriticalSection, type Entry, type LockMode, type LockModeName, lockModeNames } from './lock-mode.ts';
