import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from './proxy.ts';
import { testStack } from './stack.ts';

let proxy: TcpProxy;
let redis: Redis;
beforeEach(async () => {
  proxy = await startProxy(testStack().redisUrl);
  redis = new Redis(proxy.port, '127.0.0.1', { retryStrategy: () => 10 });
  redis.on('error', () => {}); // cut on purpose
});
afterEach(async () => {
  redis.disconnect();
  await proxy.close();
});

test('passes everything in both directions by default', async () => {
  const large = 'x'.repeat(1_000_000);
  expect(await redis.echo(large)).toBe(large);
});

test('a dropped answer never arrives, but its command has taken effect', async () => {
  const key = `proxy-${proxy.port}`;
  await redis.del(key);
  proxy.filter = ({ from }) => (from === 'server' ? 'drop' : 'pass');
  let answered = false;
  redis.set(key, '1').then(
    () => (answered = true),
    () => {},
  );
  const observer = new Redis(testStack().redisUrl);
  try {
    await expect.poll(() => observer.get(key)).toBe('1');
    expect(answered).toBe(false);
  } finally {
    await observer.del(key);
    observer.disconnect();
  }
});

test('a client can reconnect after a cut', async () => {
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

test('held data arrives in order once it is let through', async () => {
  const key = `proxy-held-${proxy.port}`;
  await redis.del(key);
  proxy.filter = ({ from, data }) => (from === 'client' && data.includes('first') ? 'hold' : 'pass');
  const pushed = [redis.rpush(key, 'first'), redis.rpush(key, 'second')];
  const observer = new Redis(testStack().redisUrl);
  try {
    await observer.ping();
    expect(await observer.lrange(key, 0, -1)).toEqual([]);
    proxy.release();
    await Promise.all(pushed);
    expect(await observer.lrange(key, 0, -1)).toEqual(['first', 'second']);
    await redis.rpush(key, 'third'); // no longer held
  } finally {
    await observer.del(key);
    observer.disconnect();
  }
});

test('is in use while connected, and redirects new connections', async () => {
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

test('a delay applies in both directions and keeps the order', async () => {
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
