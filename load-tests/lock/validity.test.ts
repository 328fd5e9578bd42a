import { expect, onTestFinished, test } from 'vitest';
import { startProxy } from '../faults/proxy.ts';
import { hold, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);

test('a lease has the TTL that its own caller asked for, whoever waited before it and has gone', async () => {
  const [holder, lock] = [await pool.redisLock(), await pool.redisLock()];
  const key = newKey();
  const lease = await hold(holder, key);
  const impatient = lock.acquire(key, { ttlMs: 300, waitMs: 80 });
  const patient = hold(lock, key, { ttlMs: 30_000, waitMs: 5000 });
  expect((await impatient).outcome).toBe('busy');
  await lease.release();
  expect((await patient).validForMs()).toBeGreaterThan(25_000);
  expect(await pool.observer.pttl(key)).toBeGreaterThan(25_000);
});

test('an extension to a shorter TTL counts at once: when Redis lets go, the holder has, though the answer was lost', async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const [cutOff, rival] = [
    await pool.redisLock({ ttlMs: 5000 }, `redis://127.0.0.1:${proxy.port}`),
    await pool.redisLock(),
  ];
  await (await hold(cutOff, newKey())).extend(); // Redis knows the script by now
  const key = newKey();
  const lease = await hold(cutOff, key);
  proxy.filter = ({ from }) => (from === 'server' ? 'drop' : 'pass');
  const extension = lease.extend(150);
  const taker = await hold(rival, key, { waitMs: 2000 });
  expect(taker.token).toBeGreaterThan(lease.token);
  expect(lease.validForMs()).toBe(0);
  expect(lease.signal.aborted).toBe(true);
  expect(await extension).toBe('lost');
});

test('a lease that is handed on in the middle of an extension to a shorter TTL is not relied on beyond that', async () => {
  const [lock, rival] = [await pool.redisLock({ ttlMs: 700 }), await pool.redisLock()];
  const key = newKey();
  const lease = await hold(lock, key);
  const waiting = [1, 2].map(() => lock.acquire(key, { waitMs: 3000 }));
  await lease.release();
  const first = await Promise.race(waiting);
  if (first.outcome !== 'acquired') throw new Error(first.outcome);
  void first.lease.extend(100);
  void first.lease.release();
  const second = await waiting[1];
  if (second?.outcome !== 'acquired') throw new Error(second?.outcome);
  const taker = await hold(rival, key, { waitMs: 6000 });
  expect(taker.token).toBeGreaterThan(second.lease.token);
  expect(second.lease.validForMs()).toBe(0);
});

test('of two extensions under way the shorter counts, though only the answer to the longer one arrives, and late', async () => {
  const proxy = await startProxy(pool.server.url);
  onTestFinished(() => proxy.close());
  const [cutOff, rival] = [
    await pool.redisLock({ ttlMs: 3000, nodeTimeoutMs: 2000 }, `redis://127.0.0.1:${proxy.port}`),
    await pool.redisLock(),
  ];
  await (await hold(cutOff, newKey())).extend(); // Redis knows the script by now
  const key = newKey();
  const lease = await hold(cutOff, key);
  const leftInRedis = () => pool.observer.pttl(key);

  proxy.filter = ({ from }) => (from === 'server' ? 'hold' : 'pass');
  const longer = lease.extend(5000);
  await expect.poll(leftInRedis).toBeGreaterThan(4000);
  proxy.filter = ({ from }) => (from === 'server' ? 'drop' : 'pass');
  const shorter = lease.extend(400);
  await expect.poll(leftInRedis).toBeLessThan(1000);
  proxy.letThrough();
  await longer;

  await hold(rival, key, { waitMs: 2000 });
  expect(lease.validForMs()).toBe(0);
  expect(await shorter).toBe('lost');
});
