import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hold, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);

/** 1 when all are served equally often, 1/n when one gets everything (Jain, Chiu, Hawe, DEC-TR-301, 1984). */
function jainIndex(counts: readonly number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum ** 2 / (counts.length * counts.reduce((total, count) => total + count ** 2, 0));
}

test('four lock objects with eight waiters each: all are served about as often, nobody starves, and every grant has a token of its own', async () => {
  const locks = await Promise.all([1, 2, 3, 4].map(() => pool.redisLock({ ttlMs: 30_000 })));
  const waiters = locks.flatMap((lock) => Array.from({ length: 8 }, () => lock));
  const rounds = 30;
  const key = newKey();
  const counts = waiters.map(() => 0);
  const tokens: bigint[] = [];
  let inside = 0;
  let grants = 0;
  let mostOvertaken = 0;
  let over = false;

  const startedAt = performance.now();
  await Promise.all(
    waiters.map(async (lock, waiter) => {
      while (!over) {
        const grantsAtCall = grants;
        const lease = await hold(lock, key, { waitMs: 20_000 });
        expect(++inside).toBe(1);
        mostOvertaken = Math.max(mostOvertaken, grants - grantsAtCall);
        grants += 1;
        counts[waiter] = (counts[waiter] ?? 0) + 1;
        tokens.push(lease.token);
        if (grants >= rounds * waiters.length) over = true;
        await sleep(1);
        inside -= 1;
        expect(await lease.release()).toBe('released');
      }
    }),
  );
  const perSecond = grants / ((performance.now() - startedAt) / 1000);

  const [least, most, fairness] = [Math.min(...counts), Math.max(...counts), jainIndex(counts)];
  console.log(
    `${grants} grants to ${waiters.length} waiters, ${perSecond.toFixed(0)} a second: each ${least} to ${most} times, Jain index ${fairness.toFixed(4)}, at most ${mostOvertaken} others in between`,
  );
  // Counted in grants, not in time: a slow machine makes all of them wait, but changes nobody's turn.
  expect(least).toBeGreaterThan(rounds / 2);
  expect(fairness).toBeGreaterThan(0.95);
  expect(mostOvertaken).toBeLessThanOrEqual(3 * waiters.length);
  for (let index = 1; index < tokens.length; index++) expect(tokens[index]).toBeGreaterThan(tokens[index - 1] ?? 0n);
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('a lone waiter of another process gets its turn while eight of one process hand the lock to each other', async () => {
  const [crowd, lone] = [await pool.redisLock({ ttlMs: 30_000 }), await pool.redisLock({ ttlMs: 30_000 })];
  const key = newKey();
  let grants = 0;
  let over = false;
  const others = Array.from({ length: 8 }, async () => {
    while (!over) {
      const lease = await hold(crowd, key, { waitMs: 20_000 });
      grants += 1;
      await sleep(1);
      await lease.release();
    }
  });
  const overtaken: number[] = [];
  for (let turn = 0; turn < 10; turn++) {
    await sleep(10);
    const before = grants;
    const lease = await hold(lone, key, { waitMs: 20_000 });
    overtaken.push(grants - before);
    await lease.release();
  }
  over = true;
  await Promise.all(others);
  console.log(`a lone waiter was overtaken ${Math.max(...overtaken)} times at the most`);
  expect(Math.max(...overtaken)).toBeLessThan(50);
});
