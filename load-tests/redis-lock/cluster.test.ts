import { beforeAll, expect, test, vi } from 'vitest';
import { hold, inTime } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

/** A cluster of one: it refuses a script whose keys do not lie in one slot, as every cluster does. */
const pool = useRedisPool(1, { 'cluster-enabled': 'yes' });

beforeAll(async () => {
  await pool.observer.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await vi.waitFor(async () => expect(await pool.observer.cluster('INFO')).toContain('cluster_state:ok'), inTime);
});

// Redis hashes what is between the first { and the first } after it, and the whole key when that is nothing.
test.each([
  'plain',
  'order:{42}:pay',
  '{42}',
  '{42}:pay',
  'x{y}z}',
  '{{42}}',
  'ключ:{42}',
  'with a space and "quotes"',
])('keeps all keys of the lock %s in one slot', async (key) => {
  const [ours, theirs] = [await pool.redisLock(), await pool.redisLock()];
  const lease = await hold(ours, key);
  const waiting = hold(theirs, key, { waitMs: 60_000 });
  await pool.untilQueued(1);
  expect((await ours.acquire(key)).outcome).toBe('busy');
  expect(await lease.extend()).toBe('extended');
  const keys = await pool.observer.keys('*');
  expect(keys).toContain(key);
  expect(keys).toHaveLength(3); // the last token, and the queue
  const slots = await Promise.all(keys.map((name) => pool.observer.cluster('KEYSLOT', name)));
  expect(new Set(slots).size, `the slots of ${keys.join(', ')}`).toBe(1);
  expect(await lease.release()).toBe('released');
  const next = await waiting;
  expect(next.token).toBeGreaterThan(lease.token);
  expect(await next.release()).toBe('released');
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});
