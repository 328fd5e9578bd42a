import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from './proxy.ts';
import { testStack } from './stack.ts';

let proxy: TcpProxy;
let redis: Redis;
beforeEach(async () => {
  proxy = await startProxy(testStack().redisUrl);
  redis = new Redis(proxy.port, '127.0.0.1', { retryStrategy: () => 10 });
  redis.on('error', () => {}); // it is cut on purpose
});
afterEach(async () => {
  redis.disconnect();
  await proxy.close();
});

test('passes everything on, both ways, until it is told otherwise', async () => {
  const large = 'x'.repeat(1_000_000);
  expect(await redis.echo(large)).toBe(large);
});

test('what is dropped on the way back has been done all the same, and never arrives', async () => {
  const key = `proxy-${proxy.port}`;
  await redis.del(key);
  proxy.filter = ({ from }) => (from === 'server' ? 'drop' : 'pass');
  let answered = false;
  redis.set(key, '1', 'PX', 5000).then(
    () => (answered = true),
    () => {},
  );
  const observer = new Redis(testStack().redisUrl);
  try {
    await expect.poll(() => observer.get(key)).toBe('1');
    expect(answered).toBe(false);
  } finally {
    observer.disconnect();
  }
});

test('a connection that was cut can be made anew, and is another one', async () => {
  const seen = new Set<number>();
  proxy.filter = ({ connection }) => {
    seen.add(connection);
    return 'pass';
  };
  await redis.ping();
  proxy.cut();
  await redis.ping();
  expect([...seen]).toEqual([0, 1]);
});

test('what is held arrives when it is let through, in its order, and whatever came after it behind it', async () => {
  const key = `proxy-held-${proxy.port}`;
  await redis.del(key);
  proxy.filter = ({ from, data }) => (from === 'client' && data.includes('first') ? 'hold' : 'pass');
  const pushed = [redis.rpush(key, 'first'), redis.rpush(key, 'second')];
  const observer = new Redis(testStack().redisUrl);
  try {
    await observer.ping();
    expect(await observer.lrange(key, 0, -1)).toEqual([]);
    proxy.letThrough();
    await Promise.all(pushed);
    expect(await observer.lrange(key, 0, -1)).toEqual(['first', 'second']);
    await redis.rpush(key, 'third'); // nothing is held any more
  } finally {
    await observer.del(key);
    observer.disconnect();
  }
});

test('is in use while somebody is connected, and leads new connections to another server when it is told to', async () => {
  await redis.ping();
  expect(proxy.isInUse).toBe(true);
  const idOf = async (client: Redis) => /run_id:(\w+)/.exec(await client.info('server'))?.[1];
  const before = await idOf(redis);
  proxy.target = new URL(testStack().redlockUrls[0] ?? '');
  expect(await idOf(redis)).toBe(before);
  proxy.cut();
  await expect.poll(() => idOf(redis)).not.toBe(before);
  redis.disconnect();
  await expect.poll(() => proxy.isInUse).toBe(false);
});

test('over a far one everything takes its time on each way, and arrives in its order', async () => {
  await using far = await startProxy(testStack().redisUrl, { delayMs: 40 });
  const client = new Redis(far.port, '127.0.0.1', { retryStrategy: () => null });
  try {
    await client.ping();
    const startedAt = performance.now();
    const echoed = Array.from({ length: 20 }, (_, index) => client.echo(`${index}`));
    expect(await Promise.all(echoed)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(79);
  } finally {
    client.disconnect();
  }
});
