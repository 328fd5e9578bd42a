import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { soon, until } from '../../../app/testing/until.ts';
import { openReady } from './connection.ts';
import { contenders, findContender } from './contenders.ts';

test.each(contenders.map(({ name }) => name))(
  '%s keeps a second one out until the first has released',
  async (name) => {
    const open = async () => {
      const redis = await openReady(testStack().redisUrl);
      const lock = findContender(name).onOneRedis(redis, { ttlMs: 60_000 });
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
    let entered = false;
    const second = rival.acquire(key).then((releaseSecond) => {
      entered = true;
      return releaseSecond;
    });
    await until('the second one has tried', () => sent.mock.calls.length > 0, soon);
    await redis.ping(); // and has had its answer
    expect(entered).toBe(false);
    await release();
    await (await second)();
    await (await lock.acquire(key))();
  },
);

test('a contender that there is not is said to be unknown', () => {
  expect(() => findContender('redlok')).toThrow('there is no lock named redlok');
});
