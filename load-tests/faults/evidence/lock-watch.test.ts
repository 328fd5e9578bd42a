import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { testStack } from '../../../app/testing/stack.ts';
import { soon, until } from '../../../app/testing/until.ts';
import { type LockWatch, watchLocks } from './lock-watch.ts';

let proxy: TcpProxy;
let client: Redis;
let watch: LockWatch;
let userId: number;
let startedAtMs: number;
beforeEach(async () => {
  startedAtMs = performance.now();
  const { redisUrl } = testStack();
  proxy = await startProxy(redisUrl);
  client = new Redis(redisUrl);
  userId = 1_000_000_000 + proxy.port; // no other test's
  watch = watchLocks([userId]);
  watch.add({ name: 'redis', url: `redis://127.0.0.1:${proxy.port}` });
  await watch.untilListening(soon.withinMs);
});
afterEach(async () => {
  await watch[Symbol.asyncDispose]();
  client.disconnect();
  await proxy.close();
});

const untilSeen = (what: string) => until(what, () => seen().includes(what), soon);
const seen = () => watch.observations.map(({ saw, value }) => (value === undefined ? saw : `${saw} ${value}`));

test('observes a grant with holder and TTL, and its deletion', async () => {
  const key = `PAYMENT_${userId}_4900`;
  const beforeMs = performance.now();
  await client.set(key, 'holder', 'PX', 60_000, 'NX');
  await untilSeen('taken holder');
  await client.del(key);
  await untilSeen('deleted');
  const [taken] = watch.observations;
  expect(taken).toMatchObject({ node: 'redis', key });
  expect(taken?.sinceMs).toBeUndefined(); // such a value has no TTL in it
  const askMs = performance.now() - beforeMs; // an upper bound of the query that the precision depends on
  expect((taken?.untilMs ?? 0) - beforeMs).toBeGreaterThan(60_000 - 1 - askMs);
  expect((taken?.untilMs ?? 0) - performance.now()).toBeLessThanOrEqual(60_001); // Redis rounds to whole milliseconds
  expect(taken?.atMs).toBeGreaterThanOrEqual(beforeMs);
  expect(taken?.atMs).toBeLessThanOrEqual(performance.now());
});

test('derives the time of the grant from a value that contains its TTL', async () => {
  const beforeMs = performance.now();
  await client.set(`PAYMENT_${userId}_4900`, 'client:7:60000', 'PX', 60_000);
  const doneMs = performance.now();
  await untilSeen('taken client:7:60000');
  const { sinceMs = 0, untilMs = 0 } = watch.observations[0] ?? {};
  expect(untilMs - sinceMs).toBeCloseTo(60_000, 3);
  const askMs = performance.now() - beforeMs; // an upper bound of the query that the precision depends on
  expect(sinceMs).toBeGreaterThan(beforeMs - askMs);
  expect(sinceMs).toBeLessThan(doneMs + askMs);
});

test('dates a grant by the server’s clock, not by the late answer', async () => {
  const beforeMs = performance.now();
  proxy.filter = ({ connection, from }) => (connection === 0 && from === 'server' ? 'hold' : 'pass'); // the reader's
  await client.set(`PAYMENT_${userId}_4900`, 'client:7:60000', 'PX', 60_000);
  const doneMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 400));
  proxy.filter = () => 'pass';
  proxy.release();
  await untilSeen('taken client:7:60000');
  const { sinceMs = 0 } = watch.observations[0] ?? {};
  const precisionMs = 1 + (beforeMs - startedAtMs) / 2; // the clocks were compared within that time
  expect(sinceMs).toBeGreaterThan(beforeMs - precisionMs);
  expect(sinceMs).toBeLessThan(doneMs + precisionMs);
});

test('observes an expiry', async () => {
  await client.set(`PAYMENT_${userId}_1`, 'holder', 'PX', 30);
  await untilSeen('expired');
});

test('ignores other users’ locks and a lock’s auxiliary keys', async () => {
  await client.set(`PAYMENT_${userId}0_4900`, 'another user’s', 'PX', 60_000);
  await client.set(`{PAYMENT_${userId}_4900}:fence`, '1', 'PX', 60_000);
  await client.set(`PAYMENT_${userId}_4900`, 'watched', 'PX', 60_000);
  await untilSeen('taken watched');
  expect(new Set(seen())).toEqual(new Set(['taken watched']));
});

test('listens again to a server that has lost its notification setting', async () => {
  await client.config('SET', 'notify-keyspace-events', '');
  proxy.cut();
  await untilSeen('lost');
  await watch.untilListening(soon.withinMs);
  await client.set(`PAYMENT_${userId}_4900`, 'new', 'PX', 60_000);
  await untilSeen('taken new');
});

test('untilListening returns after its timeout', async () => {
  await proxy.close();
  await untilSeen('lost');
  await watch.untilListening(50);
  expect(seen()).toEqual(['lost']);
});
