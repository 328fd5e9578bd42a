import { expect, onTestFinished, test } from 'vitest';
import { testStack } from '../../../../app/testing/stack.ts';
import { openReady } from '../worker/connections.ts';
import { checkExclusion } from './exclusion.ts';
import { findLibrary } from './index.ts';
import type { LockLibrary } from './lock-library.ts';
import { ownLock, ownLockWithoutTokens } from './own-lock.ts';

async function openTwo() {
  const redis = await Promise.all([openReady(testStack().redisUrl), openReady(testStack().redisUrl)]);
  onTestFinished(() => {
    for (const each of redis) each.disconnect();
  });
  return redis;
}

test.each([ownLock.name, ownLockWithoutTokens.name])('%s excludes a second client', async (name) => {
  await checkExclusion(await findLibrary(name), await openTwo());
});

test('notices a library that excludes nobody', async () => {
  const open = (redis: { ping(): Promise<unknown> }) => ({
    async acquire() {
      await redis.ping();
      return async () => {};
    },
    async close() {},
  });
  const library: LockLibrary = { name: 'none', onOneRedis: open, onMajority: ([redis]) => open(redis as never) };
  await expect(checkExclusion(library, await openTwo())).rejects.toThrow('none gave the lock to two clients at once');
});

test('rejects an unknown library', async () => {
  await expect(findLibrary('redlok')).rejects.toThrow('no lock library named redlok');
});
