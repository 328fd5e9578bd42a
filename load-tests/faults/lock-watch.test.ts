import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { type LockWatch, watchLocks } from './lock-watch.ts';
import { startProxy, type TcpProxy } from './proxy.ts';

let way: TcpProxy;
let client: Redis;
let watch: LockWatch;
let userId: number;
beforeEach(async () => {
  const { redisUrl } = inject('stack');
  way = await startProxy(redisUrl);
  client = new Redis(redisUrl);
  userId = 1_000_000_000 + way.port; // nobody else's
  watch = watchLocks([userId]);
  watch.add({ name: 'redis', url: `redis://127.0.0.1:${way.port}` });
  await watch.untilListening(5000);
});
afterEach(async () => {
  await watch[Symbol.asyncDispose]();
  client.disconnect();
  await way.close();
});

const seen = () => watch.sights.map(({ saw, value }) => (value === undefined ? saw : `${saw} ${value}`));

test('a lock is seen when it is taken, with its holder and what is left of its TTL, and when it is deleted', async () => {
  const key = `PAYMENT_${userId}_4900`;
  const beforeMs = performance.now();
  await client.set(key, 'holder', 'PX', 5000, 'NX');
  await vi.waitFor(() => expect(seen()).toContain('taken holder'));
  await client.del(key);
  await vi.waitFor(() => expect(seen()).toContain('deleted'));
  const [taken] = watch.sights;
  expect(taken).toMatchObject({ node: 'redis', key });
  expect(taken?.ttlMs).toBeGreaterThan(0);
  expect(taken?.ttlMs).toBeLessThanOrEqual(5000);
  expect(taken?.atMs).toBeGreaterThanOrEqual(beforeMs);
  expect(taken?.atMs).toBeLessThanOrEqual(performance.now());
});

test('a lock that runs out is seen', async () => {
  await client.set(`PAYMENT_${userId}_1`, 'holder', 'PX', 30);
  await vi.waitFor(() => expect(seen()).toContain('expired'), { timeout: 5000 });
});

test('a lock that is not asked for, and what belongs to one, is not', async () => {
  await client.set(`PAYMENT_${userId}0_4900`, 'another user’s', 'PX', 1000);
  await client.set(`{PAYMENT_${userId}_4900}:fence`, '1', 'PX', 1000);
  await client.set(`PAYMENT_${userId}_4900`, 'asked for', 'PX', 1000);
  await vi.waitFor(() => expect(seen()).toContain('taken asked for'));
  expect(new Set(seen())).toEqual(new Set(['taken asked for']));
});

test('a server that was away, and has forgotten that it is to tell, is listened to again', async () => {
  await client.config('SET', 'notify-keyspace-events', '');
  way.cut();
  await vi.waitFor(() => expect(seen()).toContain('lost'));
  await watch.untilListening(5000);
  await client.set(`PAYMENT_${userId}_4900`, 'new', 'PX', 1000);
  await vi.waitFor(() => expect(seen()).toContain('taken new'));
});

test('whoever waits for a server that does not come gets on when the time is over', async () => {
  await way.close();
  const beforeMs = performance.now();
  await vi.waitFor(() => expect(seen()).toContain('lost'));
  await watch.untilListening(50);
  expect(performance.now() - beforeMs).toBeLessThan(3000);
});
