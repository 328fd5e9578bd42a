import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { lockKeys } from '../src/keys.ts';

/** A lock as one Redis has it. */
export interface HeldLock {
  readonly key: string;
  /** Tells one grant of this module's locks from another, and is of no use to release it. The same on all nodes of a quorum. */
  readonly holder: string;
  /** What is left of it; -1 for a lock that nobody's TTL will end. */
  readonly ttlMs: number;
  /** How many processes and connections wait for it in Redis's queue. */
  readonly waiting: number;
}

/**
 * Looks at locks without touching them: those of this module, and any other string under such a key.
 *
 * @returns those that are held.
 */
export async function inspectLocks(redis: Redis, keys: readonly string[]): Promise<HeldLock[]> {
  const reads = redis.pipeline();
  for (const key of keys) reads.get(key).pttl(key).zcard(lockKeys(key).all[1]);
  const replies = ((await reads.exec()) ?? []).map(([, reply]) => reply);
  return keys.flatMap((key, index) => {
    const [owner, ttlMs, waiting] = replies.slice(3 * index, 3 * index + 3);
    if (typeof owner !== 'string' || ttlMs === -2) return []; // gone meanwhile
    const grant = owner.replace(/\.\d+:/, ':'); // without the attempt, which may differ from node to node
    const holder = createHash('sha256').update(grant).digest('base64url').slice(0, 8);
    return [{ key, holder, ttlMs: Number(ttlMs), waiting: Number(waiting) }];
  });
}
