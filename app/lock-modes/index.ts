import type { RedisConnection } from '../redis/connection.ts';
import { createRedisLock, createRedlock, type LockListener, type Runtime } from '../redis-lock/index.ts';
import type { AccountStore, GuardingConnections } from './account.ts';
import { createConditionalMode } from './conditional.ts';
import { createFencedMode } from './fenced.ts';
import type { LockMode } from './lock-mode.ts';
import { createMemoryMode } from './memory.ts';
import { createNaiveMode } from './naive.ts';
import { createNamedMode } from './named.ts';
import { createNoneMode } from './none.ts';
import { createRedisMode } from './redis.ts';
import { createRedlockMode } from './redlock.ts';
import type { LockModeName } from './registry.ts';
import { createRowMode } from './row.ts';
import { createSerializableMode } from './serializable.ts';
import { createVersionMode } from './version.ts';

/** The dependencies of the modes. */
export interface LockModeDeps {
  readonly accounts: AccountStore;
  readonly guardingConnections: GuardingConnections;
  readonly redis: RedisConnection;
  /** At least three independent Redis servers; without them, there is no mode `redlock`. */
  readonly redlockNodes?: readonly RedisConnection[] | undefined;
  readonly lockTtlMs: number;
  /** The longest time for which a lease is renewed, from its grant. */
  readonly lockMaxHoldMs: number;
  readonly redisTimeoutMs: number;
  /** @returns the observer of a mode's lock. */
  readonly listenerFor?: (mode: LockModeName) => LockListener;
  /** The clocks and timers of the locks. Default: those of Node. */
  readonly runtime?: Runtime | undefined;
}

/** The modes of an instance. `redlock` is absent if its servers are not configured. */
export type LockModes = Readonly<Record<Exclude<LockModeName, 'redlock'>, LockMode>> & { readonly redlock?: LockMode };

/** Creates every mode that can be configured: with the lab on, each request may choose its own. */
export function createLockModes(deps: LockModeDeps): LockModes {
  const {
    accounts,
    guardingConnections,
    redis,
    redlockNodes,
    lockTtlMs,
    lockMaxHoldMs,
    redisTimeoutMs,
    listenerFor = () => ({}),
    runtime,
  } = deps;
  const lockOptions = (mode: LockModeName) => ({
    ttlMs: lockTtlMs,
    autoExtend: true, // a payment may take longer than the TTL, which is short because a dead holder blocks for that long
    maxHoldMs: lockMaxHoldMs,
    nodeTimeoutMs: redisTimeoutMs,
    listener: listenerFor(mode),
  });
  return {
    none: createNoneMode(accounts),
    memory: createMemoryMode(accounts),
    naive: createNaiveMode(accounts, redis, { ttlMs: lockTtlMs, timeoutMs: redisTimeoutMs }),
    redis: createRedisMode(accounts, createRedisLock(redis, lockOptions('redis'), runtime)),
    ...(redlockNodes && {
      redlock: createRedlockMode(accounts, createRedlock(redlockNodes, lockOptions('redlock'), runtime)),
    }),
    fenced: createFencedMode(accounts, createRedisLock(redis, lockOptions('fenced'), runtime)),
    row: createRowMode(guardingConnections),
    version: createVersionMode(accounts),
    conditional: createConditionalMode(accounts),
    serializable: createSerializableMode(guardingConnections),
    named: createNamedMode(guardingConnections),
  };
}

export type {
  AccountStore,
  ConnectionGuard,
  FlagWrite,
  GuardedAccount,
  GuardedWriteResult,
  GuardingConnection,
  GuardingConnections,
} from './account.ts';
export type { CriticalSection, Entry, LockMode } from './lock-mode.ts';
export type { LockModeName } from './registry.ts';
