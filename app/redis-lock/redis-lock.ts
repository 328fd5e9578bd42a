import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createLease } from './lease.ts';
import { loadScript } from './script.ts';
import { tryUntil, withTimeout } from './timing.ts';
import type { Acquisition, DistributedLock, Lease, LockOptions } from './types.ts';

const releaseScript = loadScript('release.lua');

/**
 * A lock on one Redis: `SET key owner NX PX ttl`, released by a script that deletes the key only if it is still ours
 * (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/, "Correct implementation with a single
 * instance"). It is as safe as its TTL is long and its Redis alone: a holder that outlives its lease, or a failover to a
 * replica that has not seen the key, lets a second one in.
 *
 * @param redis a connection without an offline queue, as a lock that is asked for later is of no use. It stays the
 *   caller's to close.
 */
export function createRedisLock(redis: Redis, options: LockOptions = {}): DistributedLock {
  const { ttlMs: defaultTtlMs = 10_000, nodeTimeoutMs = 500, driftFactor = 0.01 } = options;
  const held = new Set<Lease>();

  const release = (key: string, owner: string) =>
    withTimeout(releaseScript(redis, [key], [owner]), nodeTimeoutMs, 'Redis');

  async function acquire(
    key: string,
    { waitMs = 0, ttlMs = defaultTtlMs, signal }: Parameters<DistributedLock['acquire']>[1] = {},
  ): Promise<Acquisition> {
    async function attempt(): Promise<Acquisition | 'held'> {
      const owner = randomUUID();
      const askedAt = performance.now();
      try {
        const reply = await withTimeout(redis.set(key, owner, 'PX', ttlMs, 'NX'), nodeTimeoutMs, 'Redis');
        if (reply !== 'OK') return 'held';
      } catch (error) {
        // The reply may be lost and the key set all the same: without this, nobody could pay until it expires.
        release(key, owner).catch(() => {});
        return { outcome: 'unavailable', cause: error as Error };
      }
      const validUntil = askedAt + ttlMs - ttlMs * driftFactor - 2;
      const lease = createLease(key, validUntil, {
        release: () => release(key, owner),
        onEnd: () => held.delete(lease),
      });
      held.add(lease);
      return { outcome: 'acquired', lease };
    }

    const result = await tryUntil(attempt, waitMs, signal);
    if (result === 'aborted') return { outcome: 'aborted' };
    if (result === 'held') return { outcome: 'busy', retryAfterMs: await msUntilExpiry(key, ttlMs) };
    return result;
  }

  async function msUntilExpiry(key: string, ttlMs: number): Promise<number> {
    const left = await withTimeout(redis.pttl(key), nodeTimeoutMs, 'Redis').catch(() => ttlMs);
    return Math.max(0, left);
  }

  return {
    acquire,
    async withLock(key, work, acquireOptions) {
      const acquisition = await acquire(key, acquireOptions);
      if (acquisition.outcome !== 'acquired') return acquisition;
      try {
        return { outcome: 'done', value: await work(acquisition.lease) };
      } finally {
        await acquisition.lease.release();
      }
    },
    async close() {
      await Promise.all([...held].map((lease) => lease.release()));
    },
  };
}
