import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, vi } from 'vitest';
import { openRedis } from '../../app/redis/connection.ts';
import { createRedisLock, createRedlock, type DistributedLock, type LockOptions } from '../../app/redis-lock/index.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { type RedisServer, startRedis } from '../stack/servers/redis.ts';
import { inTime } from './leases.ts';

/** One of the two kinds of lock, and its number of servers. */
interface LockKind {
  readonly kind: string;
  readonly nodes: number;
  create(options?: LockOptions): Promise<DistributedLock>;
}

/** Redis servers of one test file, which may be frozen, killed and restarted. Each test finds them running and empty. */
export interface RedisPool {
  readonly servers: readonly RedisServer[];
  /** A connection to each server for the test's own commands. It waits while its server is down. */
  readonly observers: readonly Redis[];
  /** The first server and its connection. */
  readonly server: RedisServer;
  readonly observer: Redis;
  /** Each kind of lock, for `describe.each`. */
  readonly kinds: readonly LockKind[];
  /** Freezes these servers, or all, at most until the end of the test. */
  freeze(indexes?: readonly number[]): Promise<void>;
  thaw(indexes?: readonly number[]): void;
  /** A connection as the service opens it, ready for use; closed after the test. */
  connect(url?: string, timeoutMs?: number): Promise<Redis>;
  /** A lock on the first server over its own connection; closed after the test. */
  redisLock(options?: LockOptions, ...connection: Parameters<RedisPool['connect']>): Promise<DistributedLock>;
  /** A lock on the first five servers over its own connections; closed after the test. */
  redlock(options?: LockOptions): Promise<DistributedLock>;
  /** Resolves when this many lock objects are waiting in the queues of at least one server. */
  untilQueued(count: number): Promise<void>;
  /** The keys that locks have left on the servers, or on some, except for the last fencing tokens, which must stay. */
  leftovers(indexes?: readonly number[]): Promise<string[]>;
}

/** For tests in which every server answers, unless they freeze it. */
const answersWithinMs = 30_000;

/** Starts servers before the file's tests and ends them afterwards. Settings are as in redis.conf. */
export function useRedisPool(size: number, settings: Readonly<Record<string, string>> = {}): RedisPool {
  let keeper: Keeper;
  let servers: RedisServer[] = [];
  let observers: Redis[] = [];

  beforeAll(async () => {
    const program = findPrograms().redis ?? 'redis-server';
    keeper = await startKeeper();
    const names = Array.from({ length: size }, (_, index) => `redis-${index}`);
    servers = await Promise.all(names.map((name) => startRedis(program, keeper, name, settings)));
    observers = servers.map(({ url }) => {
      const observer = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
      return observer.on('error', () => {}); // tests kill its server
    });
  });
  beforeEach(async () => {
    for (const server of servers) await server.start();
    await Promise.all(observers.map((observer) => observer.client('UNPAUSE').then(() => observer.flushall())));
  });
  afterEach(() => pool.thaw());
  afterAll(async () => {
    for (const observer of observers) observer.disconnect();
    await keeper?.end();
  });

  async function connect(url = pool.server.url, timeoutMs = answersWithinMs): Promise<Redis> {
    const redis = openRedis({ url, timeoutMs, warn: () => {} }) as Redis; // of one server
    onTestFinished(() => redis.disconnect());
    await vi.waitFor(() => redis.ping(), inTime);
    return redis;
  }
  const chosen = <T>(list: readonly T[], indexes?: readonly number[]) =>
    indexes?.map((index) => at(list, index)) ?? list;
  const closedAfterTest = (lock: DistributedLock) => {
    onTestFinished(() => lock.close());
    return lock;
  };

  const pool: RedisPool = {
    get servers() {
      return servers;
    },
    get observers() {
      return observers;
    },
    get server() {
      return at(servers, 0);
    },
    get observer() {
      return at(observers, 0);
    },
    kinds: [
      { kind: 'one Redis', nodes: 1, create: (options) => pool.redisLock(options) },
      { kind: 'five nodes', nodes: 5, create: (options) => pool.redlock(options) },
    ],
    freeze: async (indexes) => void (await Promise.all(chosen(servers, indexes).map((server) => server.freeze()))),
    thaw(indexes) {
      for (const server of chosen(servers, indexes)) server.kill('SIGCONT');
    },
    connect,
    redisLock: async (options, ...connection) =>
      closedAfterTest(createRedisLock(await connect(...connection), { nodeTimeoutMs: answersWithinMs, ...options })),
    async redlock(options) {
      const nodes = await Promise.all(servers.slice(0, 5).map(({ url }) => connect(url)));
      return closedAfterTest(createRedlock(nodes, { nodeTimeoutMs: answersWithinMs, ...options }));
    },
    async untilQueued(count) {
      await expect
        .poll(async () => {
          const waiting = observers.map(async (observer) => {
            const [, queues] = await observer.scan(0, 'COUNT', 10_000, 'TYPE', 'zset');
            return Promise.all(queues.map((queue) => observer.zrange(queue, '0', '-1')));
          });
          return new Set((await Promise.all(waiting)).flat(2)).size;
        }, inTime)
        .toBe(count);
    },
    async leftovers(indexes) {
      const keys = await Promise.all(chosen(observers, indexes).map((observer) => observer.keys('*')));
      return keys.flat().filter((key) => !key.endsWith(':fence'));
    },
  };
  return pool;
}

/** @throws before the file's first test, and if the pool is too small. */
export function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new Error(`there is no number ${index}`);
  return one;
}
