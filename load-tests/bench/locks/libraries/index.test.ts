import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { testStack } from '../../../../app/testing/stack.ts';
import { soon, until } from '../../../../app/testing/until.ts';
import { openReady } from '../worker/connections.ts';
import { findLibrary, libraryNames } from './index.ts';

test.each(libraryNames)('%s blocks a second client until the first releases', async (name) => {
  const open = async () => {
    const redis = await openReady(testStack().redisUrl);
    const lock = findLibrary(name).onOneRedis(redis, { ttlMs: 60_000 });
    onTestFinished(async () => {
      await lock.close();
      redis.disconnect();
    });
    return { redis, lock };
  };
  const { lock } = await open();
  const { redis, lock: rival } = await open();
  const key = `bench-${randomUUID()}`;
  const release = await lock.acquire(key);
  const sent = vi.spyOn(redis, 'sendCommand');
  let acquired = false;
  const second = rival.acquire(key).then((releaseSecond) => {
    acquired = true;
    return releaseSecond;
  });
  await until('the second client has tried', () => sent.mock.calls.length > 0, soon);
  await redis.ping(); // answered after the try
  expect(acquired).toBe(false);
  await release();
  await (await second)();
  await (await lock.acquire(key))();
});

test('rejects an unknown library', () => {
  expect(() => findLibrary('redlok')).toThrow('no lock library named redlok');
});
