import { Cluster, type Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisConnection } from '../../redis/connection.ts';
import { inspectLocks } from '../../redis-lock/index.ts';
import { withTimeout } from '../../with-timeout.ts';

/** A server that holds locks, and its display name. */
export interface LockServer {
  readonly name: string;
  readonly redis: RedisConnection;
}

/** The locks in Redis, of the modes `naive`, `redis`, `redlock` and `fenced`. */
export const locksSeenSchema = z.object({
  locks: z.array(
    z.object({
      key: z.string(),
      on: z.string().describe('The server, such as `redis` or `redlock-1`.'),
      holder: z.string(),
      ttlMs: z.int(),
      waiting: z
        .int()
        .min(0)
        .describe('Number of entries in the queue: one for each instance and mode, however many of its requests wait.'),
    }),
  ),
  unreachable: z.array(z.string()).describe('The servers that did not answer.'),
});
export type LocksSeen = z.output<typeof locksSeenSchema>;
export type HeldLock = LocksSeen['locks'][number];

/** How many keys to scan per server at most: far more than the lab uses. */
const mostKeysSeen = 200_000;
const keysAtOnce = 1000;

/** @param timeoutMs time limit of each command. @returns these users' locks, by server. */
export async function findHeldLocks(
  servers: readonly LockServer[],
  userIds: ReadonlySet<number>,
  timeoutMs: number,
): Promise<LocksSeen> {
  const seen = await Promise.all(
    servers.map(async ({ name, redis }) => {
      try {
        const keys = await findKeys(redis, userIds, timeoutMs);
        const locks = await withTimeout(inspectLocks(redis, keys), timeoutMs, 'Redis');
        return { name, locks: locks.map(({ key, ...lock }) => ({ key, on: name, ...lock })) };
      } catch {
        return { name, locks: undefined };
      }
    }),
  );
  return {
    locks: seen.flatMap(({ locks }) => locks ?? []),
    unreachable: seen.flatMap(({ name, locks }) => (locks ? [] : [name])),
  };
}

/** Finds the users' lock keys by scanning all keys, because the amounts in use are unknown. */
async function findKeys(redis: RedisConnection, userIds: ReadonlySet<number>, timeoutMs: number): Promise<string[]> {
  const servers = redis instanceof Cluster ? mastersOf(redis) : [redis];
  const found = await Promise.all(servers.map((server) => findKeysOn(server, userIds, timeoutMs)));
  return [...new Set(found.flat())].sort(); // a slot that moves may be seen on both servers
}

/** @throws if one of them is not connected: its locks cannot be seen. */
function mastersOf(cluster: Cluster): readonly Redis[] {
  const masters = new Set(cluster.slots.map(([master]) => master));
  const connected = cluster.nodes('master');
  const names = new Set(connected.map(({ options: { host, port } }) => `${host}:${port}`));
  if (masters.size === 0 || [...masters].some((master) => !names.has(master ?? ''))) {
    throw new Error('a master of the cluster is not connected');
  }
  return connected;
}

async function findKeysOn(redis: Redis, userIds: ReadonlySet<number>, timeoutMs: number): Promise<readonly string[]> {
  const found: string[] = [];
  let cursor = '0';
  for (let passed = 0; passed < mostKeysSeen; passed += keysAtOnce) {
    const scan = redis.scan(cursor, 'MATCH', 'PAYMENT_*', 'COUNT', keysAtOnce);
    const [next, keys] = await withTimeout(scan, timeoutMs, 'Redis');
    for (const key of keys) {
      const userId = /^PAYMENT_(\d+)(_\d+)?$/.exec(key)?.[1];
      if (userIds.has(Number(userId))) found.push(key);
    }
    if (next === '0') break;
    cursor = next;
  }
  return found;
}
