import { expect, test } from 'vitest';
import { contend, expectOneAtATime } from './contention.ts';
import { inTime, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

test.each(pool.kinds)('has one holder at a time among three locks, on $kind', async ({ create }) => {
  const locks = await Promise.all([1, 2, 3].map(() => create({ ttlMs: 60_000 })));
  expectOneAtATime(await contend({ locks, keys: [newKey()], callersEach: 4, turns: 10 }), 120);
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});
