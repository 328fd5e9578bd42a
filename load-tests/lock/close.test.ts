import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRedisLock } from '../../app/redis-lock/index.ts';
import { startProxy } from '../faults/proxy.ts';
import { hold, newKey, timed } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);

describe.each(pool.kinds)('on $kind', ({ create }) => {
  test('`await using` releases, and what was released is valid no more', async () => {
    const [ours, theirs] = [await create(), await create()];
    const key = newKey();
    let kept: { validForMs(): number };
    {
      await using lease = await hold(ours, key);
      kept = lease;
      expect(lease.key).toBe(key);
      expect((await theirs.acquire(key)).outcome).toBe('busy');
    }
    expect(kept.validForMs()).toBe(0);
    expect((await theirs.acquire(key)).outcome).toBe('acquired');
  });

  test('close releases what is held, ends every wait as aborted, and leaves nothing behind', async () => {
    const [ours, theirs] = [await create(), await create()];
    const [held, wanted] = [newKey(), newKey()];
    await hold(ours, held);
    const theirLease = await hold(theirs, wanted);
    const waits = [1, 2, 3].map(() => ours.acquire(wanted, { waitMs: 10_000 }));
    await pool.untilQueued(1);
    const { tookMs } = await timed(() => ours.close());
    expect(tookMs).toBeLessThan(500);
    expect(await Promise.all(waits)).toEqual(Array(3).fill({ outcome: 'aborted' }));
    expect((await theirs.acquire(held)).outcome).toBe('acquired');
    expect(await theirLease.release()).toBe('released');
    await theirs.close();
    await expect.poll(() => pool.leftovers(), { timeout: 1000 }).toEqual([]);
    const subscribed = () =>
      Promise.all(pool.observers.map((observer) => observer.call('CLIENT', 'LIST', 'TYPE', 'pubsub')));
    await expect.poll(async () => (await subscribed()).join('').trim(), { timeout: 1000 }).toBe('');
  });
});

test('the connections that a lock was given outlive its close', async () => {
  const redis = await pool.connect();
  await createRedisLock(redis).close();
  expect(await redis.ping()).toBe('PONG');
});

test('close does not strand a release that is under way, with Redis frozen', async () => {
  const lock = await pool.redisLock({ nodeTimeoutMs: 200 });
  const lease = await hold(lock, newKey());
  pool.freeze([0]);
  const released = timed(() => Promise.race([lease.release(), sleep(3000, 'never')]));
  const { tookMs } = await timed(() => lock.close());
  expect(tookMs).toBeLessThan(500);
  expect((await released).value).toBe('expired');
  expect((await released).tookMs).toBeLessThan(500);
});

test.each([
  { answer: 'in time', thawAfterMs: 100 },
  { answer: 'never', thawAfterMs: 1000 },
])(
  'close ends the wait of a caller that is granted, but has no lease yet, as Redis answers $answer',
  async ({ thawAfterMs }) => {
    const proxy = await startProxy(pool.server.url);
    onTestFinished(() => proxy.close());
    const lock = await pool.redisLock({ nodeTimeoutMs: 400 }, `redis://127.0.0.1:${proxy.port}`);
    const lease = await hold(lock, newKey());
    await lease.extend(); // Redis knows the scripts by now
    await lease.release();
    // It answers the first request, which grants, and then freezes: the one that raises the token has to wait.
    let answers = 0;
    proxy.filter = ({ from }) => {
      if (from === 'server' && ++answers === 1) pool.freeze([0]);
      return 'pass';
    };
    const raised = lock.acquire(newKey(), { above: lease.token + 1_000_000n, waitMs: 5000 });
    await expect.poll(() => answers, { interval: 5 }).toBe(1);
    const thaw = setTimeout(() => pool.thaw([0]), thawAfterMs);
    onTestFinished(() => clearTimeout(thaw));
    const { tookMs } = await timed(() => lock.close());
    expect(tookMs).toBeLessThan(800);
    expect(await raised).toEqual({ outcome: 'aborted' });
    await expect.poll(() => pool.leftovers(), { timeout: 3000 }).toEqual([]);
  },
);
