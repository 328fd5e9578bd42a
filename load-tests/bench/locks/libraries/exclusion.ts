import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { BenchLock, LockLibrary } from './lock-library.ts';

/**
 * Checks that a library blocks a second client until the first releases: the figures of one that does not mean nothing.
 *
 * @param redis two connections to one Redis.
 * @throws when the second client got the lock while the first had it.
 */
export async function checkExclusion(library: LockLibrary, redis: readonly [Redis, Redis]): Promise<void> {
  const [first, second] = redis.map((each) => library.onOneRedis(each, { ttlMs: 60_000 })) as [BenchLock, BenchLock];
  const key = `bench-${randomUUID()}`;
  const release = await first.acquire(key);
  const tried = firstCommand(redis[1]);
  let hasSecond = false;
  const waiting = second.acquire(key).then((releaseSecond) => {
    hasSecond = true;
    return releaseSecond;
  });
  await tried;
  await redis[1].ping(); // answered after the try
  await new Promise((resolve) => setImmediate(resolve)); // its answer may have arrived in the same turn
  if (hasSecond) throw new Error(`${library.name} gave the lock to two clients at once`);
  await release();
  await (await waiting)();
  await first.close();
  await second.close();
}

/** Resolves when the next command is sent. */
function firstCommand(redis: Redis): Promise<void> {
  const { sendCommand } = redis;
  return new Promise((resolve) => {
    redis.sendCommand = (...args) => {
      redis.sendCommand = sendCommand;
      resolve();
      return sendCommand.apply(redis, args);
    };
  });
}
