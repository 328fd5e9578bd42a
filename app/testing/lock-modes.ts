import { randomUUID } from 'node:crypto';
import { readConfig } from '../config.ts';
import type { Transactions } from '../database/transactions.ts';
import { buildInstance } from '../instance.ts';
import type { AccountStore, CriticalSection, LockMode, LockModeName } from '../lock-modes/index.ts';
import { createLog } from '../log.ts';
import type { Attempt } from '../payments/account.ts';
import type { Processor, ProcessorCall } from '../payments/processor.ts';
import { nodeRuntime, type Runtime } from '../redis-lock/index.ts';
import { newUser } from './client.ts';
import type { PacedTime } from './paced-time.ts';
import { testStack } from './stack.ts';
import { soon, until } from './until.ts';
import { withResolvers } from './with-resolvers.ts';

interface ModesOptions {
  readonly mysqlUrl?: string;
  readonly redisUrl?: string;
  readonly redlockUrls?: readonly string[];
  readonly poolMax?: number;
  readonly timeoutMs?: number;
  readonly lockTtlMs?: number;
  /** The longest time for which a lease is renewed. */
  readonly lockMaxHoldMs?: number;
  readonly gatewayMs?: number;
  /** Of the locks; see {@link pausableRuntime}. */
  readonly runtime?: Runtime;
  /** The same, for leases that are renewed: their time passes only as the test says. */
  readonly time?: PacedTime;
  /** Wraps what the modes use, to interfere with it. */
  readonly wrapAccounts?: (accounts: AccountStore) => AccountStore;
  readonly wrapTransactions?: (transactions: Transactions) => Transactions;
}

/** The modes of one instance. Shares only the servers with others. */
export interface TestModes extends AsyncDisposable {
  readonly modes: Readonly<Record<LockModeName, LockMode>>;
  readonly processor: Processor;
  /** Takes a connection out of the pool that the modes share with the processor. */
  takeConnection(): Promise<{ giveBack: () => void }>;
  /** Limits how long they wait for a connection of the pool. */
  waitForConnection(atMostMs: number): void;
  /** Closes its connections, whatever they are doing. */
  close(): Promise<void>;
}

/** Addresses without a server. */
export const nowhere = {
  mysqlUrl: 'mysql://user@127.0.0.1:1/nothing',
  redisUrl: 'redis://127.0.0.1:1',
  redlockUrls: Array<string>(5).fill('redis://127.0.0.1:1'),
};

/** Opens modes on the stack's servers, and waits until Redis is ready, unless given other URLs. */
export async function openModes(options: ModesOptions = {}): Promise<TestModes> {
  const stack = testStack();
  const { mysqlUrl = stack.mysqlUrl, redisUrl = stack.redisUrl, redlockUrls = stack.redlockUrls } = options;
  const { poolMax = 10, timeoutMs = 30_000, lockTtlMs = 10_000, gatewayMs = 0 } = options;
  const { time } = options;
  const process = time?.process('modes');
  const instance = buildInstance({
    config: {
      ...readConfig({}),
      INSTANCE: 'test',
      MYSQL_URL: mysqlUrl,
      MYSQL_POOL_MAX: poolMax,
      MYSQL_TIMEOUT_MS: timeoutMs,
      REDIS_URL: redisUrl,
      REDLOCK_URLS: redlockUrls,
      REDIS_TIMEOUT_MS: 30_000, // no test is about a slow Redis: only a hang takes that long
      LOCK_TTL_MS: lockTtlMs,
      LOCK_MAX_HOLD_MS: options.lockMaxHoldMs,
      GATEWAY_MS: gatewayMs,
    },
    log: createLog({ instance: 'test', level: 'silent' }),
    runtime: process ?? options.runtime,
    wrap: {
      redis: time && process && ((redis) => time.ask(redis, process)),
      accounts: options.wrapAccounts,
      transactions: options.wrapTransactions,
    },
  });
  const { db, redis, processor } = instance;
  const { redlock, ...others } = instance.modes;
  if (!redlock) throw new Error('redlock nodes without the mode redlock');
  const areUp = () => redis.every(({ status }) => status === 'ready');
  if (!options.redisUrl) await until('Redis is ready', areUp, { ...soon, everyMs: 2 });
  const close = async () => {
    for (const node of redis) node.disconnect();
    await Promise.all(Object.values(instance.modes).map((mode) => mode.close())); // waits for no Redis any more
    await db.destroy();
  };
  return {
    modes: { ...others, redlock },
    processor,
    async takeConnection() {
      const connection: unknown = await db.client.acquireConnection();
      return { giveBack: () => void db.client.releaseConnection(connection) };
    },
    waitForConnection(atMostMs) {
      db.client.pool.acquireTimeoutMillis = atMostMs;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

let modes: Promise<TestModes[]> | undefined;
/** The modes of two instances, which a worker's test files share; see shared.ts. */
export async function sharedModes(): Promise<{ here: TestModes; elsewhere: TestModes }> {
  modes ??= Promise.all([openModes({ lockTtlMs: 100_000 }), openModes({ lockTtlMs: 100_000 })]);
  const [here, elsewhere] = (await modes) as [TestModes, TestModes];
  return { here, elsewhere };
}

/** The runtime of a process that can be paused: its clock advances while its timers do not fire. */
export interface PausableRuntime {
  readonly runtime: Runtime;
  /** Acts as if the process had been paused for this long. */
  pauseFor(ms: number): void;
}

/** Lets leases expire without waiting. */
export function pausableRuntime(): PausableRuntime {
  let pausedMs = 0;
  return {
    runtime: { ...nodeRuntime, now: () => nodeRuntime.now() + pausedMs },
    pauseFor(ms) {
      pausedMs += ms;
    },
  };
}

/** Writes of the flag, by a charge that does not exist. */
export const toPaid = { paid: true, paidBy: Number.MAX_SAFE_INTEGER } as const;
export const toUnpaid = { paid: false } as const;

/** A call to the processor by a request of its own. */
export const newCall = (requestId?: string): ProcessorCall => ({ attempt: newAttempt(requestId), key: randomUUID() });

const newAttempt = (requestId: string = randomUUID()): Attempt => ({ id: randomUUID(), requestId });

type Target = Pick<CriticalSection, 'key' | 'userId'>;

/** A new user, and the key of its payments. */
export async function newTarget(): Promise<Target> {
  const userId = await newUser();
  return { userId, key: `PAYMENT_${userId}_4900` };
}

/** @returns the critical section of a test's request. */
export function sectionFor(
  place: Target,
  { waitMs = 60_000, signal = new AbortController().signal }: Partial<CriticalSection> = {},
): CriticalSection {
  return { ...place, attempt: newAttempt(), waitMs, signal };
}

/** A held section; left at the end of its scope at the latest. */
export interface Held extends AsyncDisposable {
  /** Leaves the section. @returns how the guard ended. */
  leave(): Promise<unknown>;
}

/** Enters the section and stays inside until `leave`. */
export async function hold(mode: LockMode, section: CriticalSection): Promise<Held> {
  const { promise: left, resolve: leave } = withResolvers();
  let done: Promise<unknown> = Promise.resolve();
  await new Promise<void>((entered, refused) => {
    done = mode.guard(section, async () => {
      entered();
      await left;
    });
    done.then((entry) => refused(new Error(`not entered: ${JSON.stringify(entry)}`)), refused);
  });
  const held: Held = {
    leave() {
      leave();
      return done;
    },
    async [Symbol.asyncDispose]() {
      await held.leave();
    },
  };
  return held;
}
