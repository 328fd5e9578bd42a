import { beforeAll, expect, test, vi } from 'vitest';
import type { DistributedLock } from '../../app/redis-lock/index.ts';
import { hold } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

/** A cluster of one: it refuses a script whose keys do not lie in one slot, as every cluster does. */
const pool = useRedisPool(1, { 'cluster-enabled': 'yes' });

beforeAll(async () => {
  await pool.observer.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await vi.waitFor(async () => expect(await pool.observer.cluster('INFO')).toContain('cluster_state:ok'), {
    timeout: 5000,
  });
});

async function worksOnACluster(key: string): Promise<void> {
  const [ours, theirs] = [await pool.redisLock(), await pool.redisLock()];
  const lease = await hold(ours, key);
  const waiting = hold(theirs, key, { waitMs: 5000 });
  await pool.untilQueued(1);
  expect((await ours.acquire(key)).outcome).toBe('busy');
  expect(await lease.extend()).toBe('extended');
  const keys = await pool.observer.keys('*');
  expect(keys).toContain(key);
  expect(keys.length).toBeGreaterThan(1); // the last token, and the queue
  const slots = await Promise.all(keys.map((name) => pool.observer.cluster('KEYSLOT', name)));
  expect(new Set(slots).size, `the slots of ${keys.join(', ')}`).toBe(1);
  expect(await lease.release()).toBe('released');
  const next = await waiting;
  expect(next.token).toBeGreaterThan(lease.token);
  expect(await next.release()).toBe('released');
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
}

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
])('%s: everything about this lock lies in one slot, and it works on a cluster', (key) => worksOnACluster(key));

test.each(['a{}b', 'a{}b{c}', '{', '}', 'x}y', 'x{y', '}{', 'x{y}:queue', '{x}:fence'])(
  '%s: a key that cannot share its slot, or is a part of another lock, is refused as a programming error',
  async (key) => {
    const lock = await pool.redisLock();
    const refusal = await (async () => lock.acquire(key))().then(
      ({ outcome }) => outcome,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(TypeError);
    expect(await pool.leftovers()).toEqual([]);
  },
);

test.each([
  ['42', '{42}'],
  ['{42}', '{{42}}'],
  ['x{y}', 'x{y}:pay'],
  ['plain', 'plain:queue'],
])('%s and %s are two locks, whoever holds them and waits for them', async (...keys) => {
  const locks = [await pool.redisLock(), await pool.redisLock(), await pool.redisLock()];
  const [holder, waiter, other] = locks as [DistributedLock, DistributedLock, DistributedLock];
  for (const [one = '', two = ''] of [keys, keys.toReversed()]) {
    const lease = await hold(holder, one);
    const stop = new AbortController();
    const waiting = waiter.acquire(one, { waitMs: 10_000, signal: stop.signal });
    await pool.untilQueued(1);
    for (let tries = 0; tries < 2; tries++) await (await hold(other, two)).release();
    stop.abort();
    expect((await waiting).outcome).toBe('aborted');
    expect(await lease.extend()).toBe('extended');
    await lease.release();
  }
});
