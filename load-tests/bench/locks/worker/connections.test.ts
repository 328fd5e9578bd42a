import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { testStack } from '../../../../app/testing/stack.ts';
import { countTraffic, openReady } from './connections.ts';

test('counts commands and messages of all connections in the process', async () => {
  const { sendCommand, emit } = Redis.prototype;
  onTestFinished(() => void Object.assign(Redis.prototype, { sendCommand, emit }));
  const traffic = countTraffic();
  const redis = await openReady(testStack().redisUrl);
  const subscriber = redis.duplicate();
  try {
    await once(subscriber, 'ready');
    const channel = `bench-${randomUUID()}`;
    await subscriber.subscribe(channel);
    const before = { ...traffic };
    const received = once(subscriber, 'message');
    await redis.ping();
    await redis.eval("return redis.call('PUBLISH', KEYS[1], 'hello')", 1, channel); // one round trip
    await received;
    expect(traffic.commands - before.commands).toBe(2);
    expect(traffic.messages - before.messages).toBe(1);
  } finally {
    redis.disconnect();
    subscriber.disconnect();
  }
});
