import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { openReady } from './connection.ts';
import { contenders, findContender } from './contenders.ts';

test.each(contenders.map(({ name }) => name))(
  '%s keeps a second one out until the first has released',
  async (name) => {
    const redis = await openReady(testStack().redisUrl);
    const lock = findContender(name).onOneRedis(redis, { ttlMs: 10_000 });
    onTestFinished(async () => {
      await lock.close();
      redis.disconnect();
    });
    const key = `bench-${randomUUID()}`;
    const release = await lock.acquire(key);
    let entered = false;
    const second = lock.acquire(key).then((releaseSecond) => {
      entered = true;
      return releaseSecond;
    });
    await sleep(100); // many times the pause between two tries
    expect(entered).toBe(false);
    await release();
    await (await second)();
    await (await lock.acquire(key))();
  },
);

test('a contender that there is not is said to be unknown', () => {
  expect(() => findContender('redlok')).toThrow('there is no lock named redlok');
});
