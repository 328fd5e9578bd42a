import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startProxy } from '../faults/proxy.ts';
import { startContender } from './contender.ts';
import { hold, leaseOf, newKey, timed } from './leases.ts';
import { at, useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);

test('a waiter is let in as soon as the holder of another process releases', async () => {
  const [ours, theirs] = [await pool.redisLock(), await pool.redisLock()];
  const tookMs: number[] = [];
  for (let round = 0; round < 10; round++) {
    const key = newKey();
    const lease = await hold(theirs, key);
    const waiting = ours.acquire(key, { waitMs: 10_000 });
    await sleep(30);
    const releasedAt = performance.now();
    expect(await lease.release()).toBe('released');
    await leaseOf(await waiting).release();
    tookMs.push(performance.now() - releasedAt);
  }
  const median = tookMs.sort((a, b) => a - b)[5] ?? Number.NaN;
  console.log(`released, granted and released again in ${median.toFixed(1)} ms (median of 10)`);
  expect(median).toBeLessThan(50);
});

test.each([
  { whose: 'of six processes', lockOf: (turn: number) => turn },
  { whose: 'of one process', lockOf: () => 0 },
])('waiters $whose are served in the order in which they came', async ({ lockOf }) => {
  const locks = await Promise.all([0, 1, 2, 3, 4, 5].map(() => pool.redisLock()));
  const key = newKey();
  const lease = await hold(await pool.redisLock(), key);
  const served: number[] = [];
  const turns: Promise<unknown>[] = [];
  const waitForTurn = async (turn: number) => {
    const granted = await hold(at(locks, lockOf(turn)), key, { waitMs: 10_000 });
    served.push(turn);
    await granted.release();
  };
  for (let turn = 0; turn < 6; turn++) {
    turns.push(waitForTurn(turn));
    await pool.untilQueued(lockOf(turn) + 1);
  }
  await lease.release();
  await Promise.all(turns);
  expect(served).toEqual([0, 1, 2, 3, 4, 5]);
});

test('the head of the queue is killed while it waits: the next is served at once', async () => {
  const [holder, next] = [await pool.redisLock({ ttlMs: 30_000 }), await pool.redisLock({ ttlMs: 30_000 })];
  const head = await startContender({ urls: [pool.server.url], options: { ttlMs: 30_000 } });
  const key = newKey();
  const lease = await hold(holder, key);
  head.call({ verb: 'acquire', key, options: { waitMs: 30_000 } });
  await pool.untilQueued(1);
  const waiting = next.acquire(key, { waitMs: 10_000 });
  await pool.untilQueued(2);
  await head.kill();
  const { value, tookMs } = await timed(async () => {
    await lease.release();
    return leaseOf(await waiting);
  });
  console.log(`the head of the queue killed: the next is served after ${tookMs.toFixed(1)} ms`);
  expect(tookMs).toBeLessThan(500);
  expect(value.validForMs()).toBeGreaterThan(20_000);
  await value.release();
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('the only waiter is killed: the key is free after the release, and the queue gone', async () => {
  const [holder, next] = [await pool.redisLock({ ttlMs: 30_000 }), await pool.redisLock({ ttlMs: 30_000 })];
  const head = await startContender({ urls: [pool.server.url], options: { ttlMs: 30_000 } });
  const key = newKey();
  const lease = await hold(holder, key);
  for (let waits = 0; waits < 3; waits++) head.call({ verb: 'acquire', key, options: { waitMs: 30_000 } });
  await pool.untilQueued(1);
  await head.kill();
  await lease.release();
  expect((await next.acquire(key, { waitMs: 500 })).outcome).toBe('acquired');
  await next.close();
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('the holder is killed: the next is served when the TTL is over, at most 200 ms later', async () => {
  const ttlMs = 600;
  const [first, second] = [await pool.redisLock(), await pool.redisLock()];
  const holder = await startContender({ urls: [pool.server.url], options: { ttlMs } });
  const key = newKey();
  expect(await holder.call({ verb: 'acquire', key, options: {} }).answer).toMatchObject({ outcome: 'acquired' });
  const heldAt = performance.now();
  const turns = [first, second].map(async (lock) => {
    const lease = await hold(lock, key, { waitMs: 10_000 });
    const servedAfterMs = performance.now() - heldAt;
    await lease.release();
    return servedAfterMs;
  });
  await pool.untilQueued(2);
  await holder.kill();
  const [next = 0, last = 0] = (await Promise.all(turns)).sort((a, b) => a - b);
  console.log(`the holder killed, TTL ${ttlMs} ms: the next is served after ${next.toFixed(0)} ms`);
  expect(next).toBeLessThan(ttlMs + 200);
  expect(last - next).toBeLessThan(200);
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('every publish is lost: waiters are served all the same, long before the TTL', async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const subscribers = new Set<number>();
  let dropped = 0;
  proxy.filter = ({ from, data, connection }) => {
    if (from === 'client') return 'pass';
    if (subscribers.has(connection)) {
      dropped += 1;
      return 'drop';
    }
    if (/\r\n[ps]?subscribe\r\n/i.test(data.toString('latin1'))) subscribers.add(connection); // the acknowledgement passes
    return 'pass';
  };
  const [holder, deaf] = [
    await pool.redisLock({ ttlMs: 30_000 }),
    await pool.redisLock({ ttlMs: 30_000 }, `redis://127.0.0.1:${proxy.port}`),
  ];
  const key = newKey();
  const lease = await hold(holder, key);
  const turns = [1, 2, 3].map(async () => (await hold(deaf, key, { waitMs: 15_000 })).release());
  await pool.untilQueued(1);
  await lease.release();
  const { tookMs } = await timed(() => Promise.all(turns));
  console.log(`every publish lost (${dropped} of them): three waiters served in ${tookMs.toFixed(0)} ms`);
  expect(dropped).toBeGreaterThan(0);
  expect(tookMs).toBeLessThan(6000);
  await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
});

test('a rival that knows nothing of queues leaves: whoever waits is served without waiting for its TTL', async () => {
  const lock = await pool.redisLock();
  const key = newKey();
  await pool.observer.set(key, 'rival', 'PX', 30_000);
  const waiting = lock.acquire(key, { waitMs: 10_000 });
  await pool.untilQueued(1);
  await pool.observer.del(key);
  const { value, tookMs } = await timed(() => waiting);
  expect(value.outcome).toBe('acquired');
  expect(tookMs).toBeLessThan(5000);
});
