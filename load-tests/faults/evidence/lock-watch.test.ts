import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { testStack } from '../../../app/testing/stack.ts';
import { soon, until } from '../../../app/testing/until.ts';
import { type LockWatch, watchLocks } from './lock-watch.ts';

let way: TcpProxy;
let client: Redis;
let watch: LockWatch;
let userId: number;
beforeEach(async () => {
  const { redisUrl } = testStack();
  way = await startProxy(redisUrl);
  client = new Redis(redisUrl);
  userId = 1_000_000_000 + way.port; // nobody else's
  watch = watchLocks([userId]);
  watch.add({ name: 'redis', url: `redis://127.0.0.1:${way.port}` });
  await watch.untilListening(soon.withinMs);
});
afterEach(async () => {
  await watch[Symbol.asyncDispose]();
  client.disconnect();
  await way.close();
});

const untilSeen = (what: string) => until(what, () => seen().includes(what), soon);
const seen = () => watch.observations.map(({ saw, value }) => (value === undefined ? saw : `${saw} ${value}`));

test('a lock is seen when it is taken, with its holder and what is left of its TTL, and when it is deleted', async () => {
  const key = `PAYMENT_${userId}_4900`;
  const beforeMs = performance.now();
  await client.set(key, 'holder', 'PX', 60_000, 'NX');
  await untilSeen('taken holder');
  await client.del(key);
  await untilSeen('deleted');
  const [taken] = watch.observations;
  expect(taken).toMatchObject({ node: 'redis', key });
  expect(taken?.sinceMs).toBeUndefined(); // such a value does not tell
  const askMs = performance.now() - beforeMs; // it is known to half of what a question takes, and this one took no longer
  expect((taken?.untilMs ?? 0) - beforeMs).toBeGreaterThan(60_000 - 1 - askMs);
  expect((taken?.untilMs ?? 0) - performance.now()).toBeLessThanOrEqual(60_001); // Redis rounds to whole milliseconds
  expect(taken?.atMs).toBeGreaterThanOrEqual(beforeMs);
  expect(taken?.atMs).toBeLessThanOrEqual(performance.now());
});

test('of a holder whose value tells its TTL it is known since when it has held, however late it was noticed', async () => {
  const beforeMs = performance.now();
  await client.set(`PAYMENT_${userId}_4900`, 'client:7:60000', 'PX', 60_000);
  const doneMs = performance.now();
  await untilSeen('taken client:7:60000');
  const { sinceMs = 0, untilMs = 0 } = watch.observations[0] ?? {};
  expect(untilMs - sinceMs).toBeCloseTo(60_000, 3);
  const askMs = performance.now() - beforeMs; // it is known to half of what a question takes, and this one took no longer
  expect(sinceMs).toBeGreaterThan(beforeMs - askMs);
  expect(sinceMs).toBeLessThan(doneMs + askMs);
});

test('a lock that runs out is seen', async () => {
  await client.set(`PAYMENT_${userId}_1`, 'holder', 'PX', 30);
  await untilSeen('expired');
});

test('a lock that is not asked for, and what belongs to one, is not', async () => {
  await client.set(`PAYMENT_${userId}0_4900`, 'another user’s', 'PX', 60_000);
  await client.set(`{PAYMENT_${userId}_4900}:fence`, '1', 'PX', 60_000);
  await client.set(`PAYMENT_${userId}_4900`, 'asked for', 'PX', 60_000);
  await untilSeen('taken asked for');
  expect(new Set(seen())).toEqual(new Set(['taken asked for']));
});

test('a server that was away, and has forgotten that it is to tell, is listened to again', async () => {
  await client.config('SET', 'notify-keyspace-events', '');
  way.cut();
  await untilSeen('lost');
  await watch.untilListening(soon.withinMs);
  await client.set(`PAYMENT_${userId}_4900`, 'new', 'PX', 60_000);
  await untilSeen('taken new');
});

test('whoever waits for a server that does not come gets on when the time is over', async () => {
  await way.close();
  await untilSeen('lost');
  await watch.untilListening(50);
  expect(seen()).toEqual(['lost']);
});
