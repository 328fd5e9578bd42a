import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { startProxy, type TcpProxy } from './proxy.ts';

let proxy: TcpProxy;
let redis: Redis;
beforeEach(async () => {
  proxy = await startProxy(inject('stack').redisUrl);
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
  const observer = new Redis(inject('stack').redisUrl);
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
