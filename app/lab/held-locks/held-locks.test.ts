import { Cluster } from 'ioredis';
import { beforeEach, expect, test } from 'vitest';
import { call, heldRequest, newUser, sendPayment } from '../../testing/client.ts';
import { readyInstance } from '../../testing/instance.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { testStack } from '../../testing/stack.ts';
import { findHeldLocks } from './held-locks.ts';

const redis = sharedRedis();
let userId: number;
beforeEach(async () => {
  userId = await newUser();
});
const look = async (users = String(userId), url = testStack().url) =>
  (await call(`/lab/locks?users=${users}`, { url })).body;

test('shows a lock with its holder, remaining TTL and waiters, until released', async () => {
  expect(await look()).toEqual({ locks: [], unreachable: [] });
  // Requests in the holder's own process wait there, not in Redis.
  await using instance = await readyInstance({ LAB: 'on', LOCK_WAIT_MS: '60000' });
  const lockMode = { 'x-lock-mode': 'redis' };
  const holder = await heldRequest(userId, { headers: lockMode });
  await expect.poll(async () => (await look()).locks).toHaveLength(1);
  const waiter = sendPayment('pay', userId, { url: instance.url, headers: lockMode });
  const key = `PAYMENT_${userId}_4900`;
  await expect
    .poll(async () => (await look()).locks)
    .toEqual([
      { key, on: 'redis', holder: expect.stringMatching(/^[\w-]{8}$/), ttlMs: expect.any(Number), waiting: 1 },
    ]);
  const [{ ttlMs, holder: name }] = (await look()).locks;
  expect(ttlMs).toBeGreaterThan(0);
  expect(ttlMs).toBeLessThanOrEqual(10_000); // LOCK_TTL_MS
  expect(await redis.get(key)).not.toContain(name); // of no use to release it
  expect((await holder.resume()).body.status).toBe('paid');
  expect((await waiter).body.status).toBe('already_paid');
  expect((await look()).locks).toEqual([]);
});

test('shows each node of redlock, with one holder', async () => {
  const holder = await heldRequest(userId, { headers: { 'x-lock-mode': 'redlock' } });
  const { locks } = await look();
  expect(locks.map(({ on }: { on: string }) => on)).toEqual([1, 2, 3, 4, 5].map((node) => `redlock-${node}`));
  expect(new Set(locks.map(({ holder: name }: { holder: string }) => name)).size).toBe(1);
  await holder.resume();
});

test('finds locks of any amount and of the user, and of no other user', async () => {
  const keys = [`PAYMENT_${userId}`, `PAYMENT_${userId}_1`, `PAYMENT_${userId}_99999999`];
  const others = [`PAYMENT_${userId}0_1`, `PAYMENT_${userId}_1_1`, `PAYMENT_x${userId}_1`];
  for (const key of [...keys, ...others]) await redis.set(key, '1', 'PX', 10_000);
  const { locks } = await look(`4000000000,${userId}`);
  expect(locks.map(({ key }: { key: string }) => key)).toEqual(keys);
  await redis.del(...keys, ...others);
});

test('names a cluster whose masters are not connected', async () => {
  const redis = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true });
  const seen = await findHeldLocks([{ name: 'redis', redis }], new Set([userId]), 1000);
  expect(seen).toEqual({ locks: [], unreachable: ['redis'] });
});

test('names servers that do not answer, and shows the others', async () => {
  const nodes = testStack().redlockUrls;
  await using instance = await readyInstance({
    LAB: 'on',
    REDLOCK_URLS: [...nodes.slice(0, 2), 'redis://127.0.0.1:1'].join(','),
  });
  await redis.set(`PAYMENT_${userId}_1`, '1', 'PX', 10_000);
  const seen = await look(String(userId), instance.url);
  expect(seen).toMatchObject({ locks: [{ on: 'redis', waiting: 0 }], unreachable: ['redlock-3'] });
  await redis.del(`PAYMENT_${userId}_1`);
});

test.each(['', '?users=', '?users=1,,2', '?users=0', '?users=a', `?users=${Array(101).fill(1).join(',')}`])(
  'GET /lab/locks%s is refused',
  async (query) => {
    const { status, body } = await call(`/lab/locks${query}`);
    const detail = 'must be 1 to 100 ids of users, separated by commas';
    expect([status, body.errors]).toEqual([400, [{ field: 'users', detail }]]);
  },
);
