import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { lockKeys } from '../src/keys.ts';
import type { Ioredis } from './ioredis.ts';
import { rejectKeyPrefix } from './lock-client.ts';

/** The state of a lock on one Redis. */
export interface HeldLock {
  readonly key: string;
  /** Identifies a grant of this module's locks; it cannot be used to release it. The same on all nodes of a quorum. */
  readonly holder: string;
  /** The TTL left; -1 for a lock without one. */
  readonly ttlMs: number;
  /** Number of entries in Redis's queue: one for each lock object that waits. */
  readonly waiting: number;
}

/**
 * Reads locks without changing them: those of this module, and any other string at such a key.
 *
 * @param redis an ioredis connection, or an ioredis Cluster.
 * @param prefix the `prefix` option of the locks.
 * @returns the locks that are held. Rejects if Redis does not answer, and with a {TypeError} for a connection with a
 *   `keyPrefix`.
 */
export async function inspectLocks(redis: Ioredis, keys: readonly string[], prefix = ''): Promise<HeldLock[]> {
  rejectKeyPrefix(redis);
  // A cluster's pipeline must keep to one slot.
  const batches = redis.isCluster ? keys.map((key) => [key]) : [keys];
  const read = async (batch: readonly string[]): Promise<unknown[]> => {
    const reads = (redis as Redis).pipeline();
    for (const key of batch) reads.get(key).pttl(key).zcard(lockKeys(key, prefix).all[1]);
    return ((await reads.exec()) ?? []).map(([error, reply]) => {
      if (error && !error.message.startsWith('WRONGTYPE')) throw error; // that one is not a lock
      return reply;
    });
  };
  const replies = (await Promise.all(batches.map(read))).flat();
  return keys.flatMap((key, index) => {
    const [owner, ttlMs, waiting] = replies.slice(3 * index, 3 * index + 3);
    if (typeof owner !== 'string' || Number(ttlMs) === -2) return []; // expired since
    const grant = owner.replace(/\.\d+:/, ':').replace(/\+$/, ''); // attempt and mark may differ between nodes
    const holder = createHash('sha256').update(grant).digest('base64url').slice(0, 8);
    return [{ key, holder, ttlMs: Number(ttlMs), waiting: Number(waiting) }];
  });
}
