import { expect, test } from 'vitest';
import { inspectLocks } from '../adapters/inspect.ts';
import type { Ioredis } from '../adapters/ioredis.ts';

/** An ioredis connection whose pipeline is answered with these errors and replies. */
function answering(...answers: readonly (Error | string | number)[]): Ioredis {
  const commands = { get: () => commands, pttl: () => commands, zcard: () => commands, exec };
  async function exec(): Promise<[Error | null, unknown][]> {
    return answers.map((answer) => (answer instanceof Error ? [answer, undefined] : [null, answer]));
  }
  const redis = { isCluster: false, status: 'ready', options: {}, sendCommand() {}, duplicate() {} };
  return Object.assign(redis, { pipeline: () => commands });
}

test('reads a lock, its TTL and its queue', async () => {
  expect(await inspectLocks(answering('~client:1:10000+', 9000, 2), ['k'])).toEqual([
    { key: 'k', holder: expect.any(String), ttlMs: 9000, waiting: 2 },
  ]);
});

test('leaves out a lock that has just expired, also with stringNumbers', async () => {
  expect(await inspectLocks(answering('~client:1:10000', '-2', '0'), ['k'])).toEqual([]);
});

test('leaves out what is not a string', async () => {
  const wrongType = new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
  expect(await inspectLocks(answering(wrongType, -1, 0), ['k'])).toEqual([]);
});

test.each(['NOPERM this user has no permissions', "Stream isn't writeable and enableOfflineQueue options is false"])(
  'rejects when Redis has not answered: %s',
  async (message) => {
    const error = new Error(message);
    await expect(inspectLocks(answering(error, error, error), ['k'])).rejects.toBe(error);
  },
);

test('rejects a connection with a keyPrefix', async () => {
  const prefixed = Object.assign(answering(), { options: { keyPrefix: 'app:' } });
  await expect(inspectLocks(prefixed, ['k'])).rejects.toThrow(TypeError);
});
