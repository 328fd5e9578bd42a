import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testStack } from '../testing/stack.ts';
import { createRedisLock, type Lease } from './index.ts';

let redis: Redis;
/** For what the test itself asks, while the lock's connection is held up. */
let observer: Redis;

beforeAll(() => {
  const { redisUrl } = testStack();
  redis = new Redis(redisUrl);
  observer = new Redis(redisUrl);
});
afterAll(() => {
  redis.disconnect();
  observer.disconnect();
});

const newKey = () => `lock-test-${randomUUID()}`;

async function acquired(lock: ReturnType<typeof createRedisLock>, key: string): Promise<Lease> {
  const acquisition = await lock.acquire(key);
  if (acquisition.outcome !== 'acquired') throw new Error(acquisition.outcome);
  return acquisition.lease;
}

test('a lease holds the key until it is released, and is valid for less than the TTL', async () => {
  const key = newKey();
  const lease = await acquired(createRedisLock(redis, { ttlMs: 5000 }), key);
  expect(await observer.pttl(key)).toBeGreaterThan(4000);
  expect(lease.validForMs()).toBeLessThan(4950);
  expect(lease.validForMs()).toBeGreaterThan(4000);
  expect(await lease.release()).toBe('released');
  expect(lease.validForMs()).toBe(0);
  expect(await observer.exists(key)).toBe(0);
});

test('a release that comes too late answers expired and leaves the rival’s lock alone', async () => {
  const key = newKey();
  const late = await acquired(createRedisLock(redis, { ttlMs: 30 }), key);
  await sleep(40);
  const rival = await acquired(createRedisLock(redis), key);
  expect(await late.release()).toBe('expired');
  expect(await observer.exists(key)).toBe(1);
  expect(await rival.release()).toBe('released');
});

test('the signal aborts when the lease runs out, with no answer from Redis', async () => {
  const lease = await acquired(createRedisLock(redis, { ttlMs: 50 }), newKey());
  expect(lease.signal.aborted).toBe(false);
  await new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
  expect(lease.validForMs()).toBe(0);
});

test('a script that Redis has forgotten is sent once more', async () => {
  const lease = await acquired(createRedisLock(redis), newKey());
  await observer.script('FLUSH');
  expect(await lease.release()).toBe('released');
});

test('a stalled Redis is unavailable within the node timeout, and leaves no key behind', async () => {
  const key = newKey();
  await observer.client('PAUSE', 400, 'WRITE');
  const startedAt = performance.now();
  const acquisition = await createRedisLock(redis, { nodeTimeoutMs: 100 }).acquire(key, { waitMs: 5000 });
  expect(acquisition.outcome).toBe('unavailable');
  expect(performance.now() - startedAt).toBeLessThan(300);
  await expect.poll(() => observer.exists(key), { timeout: 2000 }).toBe(0);
  await sleep(500); // the SET that was held up has taken effect by now, and been taken back
  expect(await observer.exists(key)).toBe(0);
});

test('close releases every lease that is still held', async () => {
  const lock = createRedisLock(redis);
  const keys = [newKey(), newKey()];
  for (const key of keys) await acquired(lock, key);
  await lock.close();
  expect(await observer.exists(...keys)).toBe(0);
});

test('withLock releases when the work has thrown, and the error is the work’s own', async () => {
  const key = newKey();
  const broken = new Error('the work has failed');
  await expect(createRedisLock(redis).withLock(key, () => Promise.reject(broken))).rejects.toBe(broken);
  expect(await observer.exists(key)).toBe(0);
});

test('`await using` releases', async () => {
  const key = newKey();
  {
    await using lease = await acquired(createRedisLock(redis), key);
    expect(await observer.exists(lease.key)).toBe(1);
  }
  expect(await observer.exists(key)).toBe(0);
});
