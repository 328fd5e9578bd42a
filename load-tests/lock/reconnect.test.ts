import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRedisLock, type DistributedLock } from '../../app/redis-lock/index.ts';
import { seeded } from '../workload/random.ts';
import { eventually, hold, newKey, timed } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);
const seed = Number(process.env.LOCK_TEST_SEED ?? 3);

/** Nothing that a lock does by itself may end the process that uses it. */
const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => {
  unhandled.length = 0;
  for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, note);
});
afterEach(async () => {
  await sleep(20);
  for (const event of ['unhandledRejection', 'uncaughtException']) process.removeListener(event, note);
  expect(unhandled).toEqual([]);
});

/** Waits for its turn, has it, and is gone. @returns what the wait came to. */
async function turn(lock: DistributedLock, key: string): Promise<string> {
  const acquisition = await lock.acquire(key, { waitMs: 10_000 });
  if (acquisition.outcome === 'acquired') await acquisition.lease.release();
  return acquisition.outcome;
}

const killAll = (type: 'normal' | 'pubsub') => pool.observer.call('CLIENT', 'KILL', 'TYPE', type);
const mishaps = [
  { mishap: 'Redis has forgotten its scripts', strike: () => pool.observer.script('FLUSH') },
  { mishap: 'every connection is killed', strike: () => killAll('normal') },
  { mishap: 'every subscriber is killed', strike: () => killAll('pubsub') },
  { mishap: 'subscribers and others are killed', strike: () => Promise.all([killAll('normal'), killAll('pubsub')]) },
];

describe.each(mishaps)('$mishap', ({ strike }) => {
  async function twoLocks() {
    const connections = [await pool.connect(), await pool.connect()] as const;
    const [ours, theirs] = connections.map((redis) => createRedisLock(redis, { ttlMs: 60_000 }));
    /** Until what was killed has connected itself again. */
    const recovered = async () => {
      for (const redis of connections) await vi.waitFor(() => redis.ping(), { timeout: 3000, interval: 5 });
    };
    return { ours: ours as DistributedLock, theirs: theirs as DistributedLock, recovered };
  }

  test.each(['before', 'just before', 'just after'])(
    '%s the release: waiters are served, long before the TTL',
    async (when) => {
      const { ours, theirs, recovered } = await twoLocks();
      const key = newKey();
      const lease = await hold(theirs, key);
      const turns = [1, 2, 3].map(() => turn(ours, key));
      await pool.untilQueued(1);
      if (when === 'just after') {
        expect(await lease.release()).toBe('released');
        await strike();
      } else {
        await strike();
        if (when === 'before') await sleep(150);
        await recovered();
        expect(await lease.release()).toBe('released');
      }
      const { value, tookMs } = await timed(() => Promise.all(turns));
      expect(value).toEqual(['acquired', 'acquired', 'acquired']);
      expect(tookMs).toBeLessThan(7000);
      await Promise.all([ours.close(), theirs.close()]);
      await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
    },
  );

  test('while a lease is held: it is extended and released all the same', async () => {
    const { ours, recovered } = await twoLocks();
    const lease = await hold(ours, newKey());
    await strike();
    await recovered();
    expect(await lease.extend()).toBe('extended');
    await strike();
    await recovered();
    expect(await lease.release()).toBe('released');
    await ours.close();
  });
});

test('Redis restarts empty while one holds and others wait: they are told or served, and nothing stays', async () => {
  const [ours, theirs] = [await pool.redisLock(), await pool.redisLock()];
  const key = newKey();
  const lease = await hold(theirs, key);
  const waiting = ours.acquire(key, { waitMs: 10_000 });
  await pool.untilQueued(1);
  pool.server.kill('SIGKILL');
  await pool.server.ended();
  await pool.server.start();
  const waited = await waiting;
  expect(waited.outcome).toMatch(/^(acquired|unavailable)$/);
  const next = waited.outcome === 'acquired' ? waited.lease : await eventually(ours, key);
  expect(next.token).toBeGreaterThan(lease.token);
  expect(await lease.extend()).toBe('lost');
  expect(await lease.release()).toBe('expired');
  expect(await next.release()).toBe('released');
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('with all of that in between, at random, nobody is a holder beside another, and everything comes to rest', async () => {
  const random = seeded(seed);
  const locks = await Promise.all([1, 2, 3].map(() => pool.redisLock({ ttlMs: 3000, nodeTimeoutMs: 500 })));
  const keys = [newKey(), newKey(), newKey()];
  const inside = new Map<string, number>();
  const counts = { acquired: 0, refused: 0, unavailable: 0 };
  const violations: string[] = [];
  let over = false;

  const contenders = Array.from({ length: 18 }, async (_, index) => {
    const lock = at(locks, index % locks.length);
    const key = keys[index % keys.length] ?? '';
    while (!over) {
      const acquisition = await lock.acquire(key, { waitMs: 4000 });
      if (acquisition.outcome !== 'acquired') {
        counts[acquisition.outcome === 'unavailable' ? 'unavailable' : 'refused'] += 1;
        await sleep(5);
        continue;
      }
      counts.acquired += 1;
      const { lease } = acquisition;
      const now = (inside.get(key) ?? 0) + 1;
      inside.set(key, now);
      if (now > 1) violations.push(`${now} holders`);
      await sleep(2);
      inside.set(key, (inside.get(key) ?? 0) - 1);
      if (lease.validForMs() > 0) await lease.release();
    }
  });
  const endAt = performance.now() + 1500;
  while (performance.now() < endAt) {
    await sleep(40 + random(120));
    await at(mishaps, random(mishaps.length)).strike();
  }
  over = true;
  await Promise.all(contenders);
  console.log(`seed ${seed}:`, counts);
  expect(violations, `seed ${seed}`).toEqual([]);
  expect(counts.acquired).toBeGreaterThan(100);
  // A release that was cut off is the TTL's to finish.
  await expect.poll(() => pool.leftovers(), { timeout: 5000 }).toEqual([]);
});
