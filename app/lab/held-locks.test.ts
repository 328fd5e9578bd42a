import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { call, newUser } from '../testing/client.ts';
import { spawnInstance, type TestInstance, untilReady } from '../testing/instance.ts';
import { testStack } from '../testing/stack.ts';

let redis: Redis;
let userId: number;
const started: TestInstance[] = [];
beforeAll(() => {
  redis = new Redis(testStack().redisUrl);
});
afterAll(() => redis.disconnect());
beforeEach(async () => {
  userId = await newUser();
});
afterEach(() => {
  for (const instance of started.splice(0)) instance.process.kill('SIGKILL');
});

const look = async (users = String(userId), url = testStack().url) =>
  (await call(`/lab/locks?users=${users}`, { url })).body;
const send = (mode: string, gatewayMs: number, { amount = 4900, url = testStack().url } = {}) =>
  call(`/users/${userId}/pay`, {
    url,
    json: { amount },
    headers: { 'x-lock-mode': mode, 'x-gateway-ms': String(gatewayMs) },
  });

test('a lock is seen with who holds it, for how long yet, and how many wait; then it is gone', async () => {
  expect(await look()).toEqual({ locks: [], unreachable: [] });
  const instance = await spawnInstance({ LAB: 'on' }); // whoever waits in the holder's own process waits there, and not in Redis
  started.push(instance);
  await untilReady(instance);
  const holder = send('redis', 700, { url: instance.url });
  await vi.waitFor(async () => expect((await look()).locks).toHaveLength(1), { interval: 10 });
  const waiter = send('redis', 0);
  const key = `PAYMENT_${userId}_4900`;
  await vi.waitFor(
    async () =>
      expect((await look()).locks).toEqual([
        { key, on: 'redis', holder: expect.stringMatching(/^[\w-]{8}$/), ttlMs: expect.any(Number), waiting: 1 },
      ]),
    { interval: 10 },
  );
  const [{ ttlMs, holder: name }] = (await look()).locks;
  expect(ttlMs).toBeGreaterThan(5000);
  expect(ttlMs).toBeLessThanOrEqual(10_000);
  expect(await redis.get(key)).not.toContain(name); // of no use to release it
  await Promise.all([holder, waiter]);
  expect((await look()).locks).toEqual([]);
});

test('of redlock each node is seen, under one holder', async () => {
  const holder = send('redlock', 600);
  await vi.waitFor(
    async () => {
      const { locks } = await look();
      expect(locks.map(({ on }: { on: string }) => on)).toEqual([1, 2, 3, 4, 5].map((node) => `redlock-${node}`));
      expect(new Set(locks.map(({ holder: name }: { holder: string }) => name)).size).toBe(1);
    },
    { interval: 10 },
  );
  await holder;
});

test('whatever the amount, and by the key of the user alone; and of nobody who was not asked for', async () => {
  const keys = [`PAYMENT_${userId}`, `PAYMENT_${userId}_1`, `PAYMENT_${userId}_99999999`];
  const others = [`PAYMENT_${userId}0_1`, `PAYMENT_${userId}_1_1`, `PAYMENT_x${userId}_1`];
  for (const key of [...keys, ...others]) await redis.set(key, '1', 'PX', 10_000);
  const { locks } = await look(`4000000000,${userId}`);
  expect(locks.map(({ key }: { key: string }) => key)).toEqual(keys);
  await redis.del(...keys, ...others);
});

test('servers that do not answer are named, and the others are shown', async () => {
  const nodes = testStack().redlockUrls;
  const instance = await spawnInstance({
    LAB: 'on',
    REDIS_TIMEOUT_MS: '300',
    REDLOCK_URLS: [...nodes.slice(0, 2), 'redis://127.0.0.1:1'].join(','),
  });
  started.push(instance);
  await untilReady(instance);
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
