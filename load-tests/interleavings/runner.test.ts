import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newUser } from '../../app/testing/client.ts';
import { freePort } from '../../app/testing/free-port.ts';
import { spawnInstance, type TestInstance, untilReady } from '../../app/testing/instance.ts';
import { testStack } from '../../app/testing/stack.ts';
import { withResolvers } from '../../app/testing/with-resolvers.ts';
import { amount, post, resume } from '../client/stepped-requests.ts';
import { createRunner, type Runner } from './runner.ts';

let instance: TestInstance;
let redis: Redis;
beforeAll(async () => {
  redis = new Redis(testStack().redisUrl);
  instance = await spawnInstance({ LAB: 'on', GATEWAY_MS: '0', LOCK_WAIT_MS: '10000' });
  await untilReady(instance);
});
afterAll(async () => {
  redis.disconnect();
  await instance[Symbol.asyncDispose]();
});

let userId: number;
let probeUser: number;
let session: string;
let probing: ReturnType<typeof withResolvers>;
beforeEach(async () => {
  probing = withResolvers();
  [userId, probeUser, session] = [await newUser(), await newUser(), randomUUID()];
});

function runnerOn(url: string): Runner {
  const headers = { 'x-lock-mode': 'redis' };
  return createRunner({
    url,
    controlUrl: testStack().url,
    session,
    requestId: `${session.slice(0, 8)}-A`,
    userId,
    command: 'pay',
    mode: 'redis',
    sendProbe: async () => {
      probing.resolve();
      for (const command of ['pay', 'cancel'] as const) await post(url, { userId: probeUser, command, headers });
    },
    onStep: () => {},
  });
}
async function finish(runner: Runner): Promise<void> {
  await resume(testStack().url, session);
  await runner.request?.ended;
}

test('does not take a request on a paused instance for blocked', async () => {
  const runner = runnerOn(instance.url);
  instance.process.kill('SIGSTOP');
  const advancing = runner.advance(true);
  await probing.promise;
  instance.process.kill('SIGCONT');
  await advancing;
  expect(runner.state).toBe('held');
  await finish(runner);
});

test('a request is blocked while a rival holds the lock, and advances once it is released', async () => {
  const key = `PAYMENT_${userId}_${amount}`;
  await redis.set(key, 'a rival', 'PX', 20_000);
  const runner = runnerOn(instance.url);
  await runner.advance(true);
  expect(runner.state).toBe('blocked');
  await runner.recheck(true);
  expect(runner.state).toBe('blocked');
  await redis.del(key);
  await runner.recheck(false);
  expect(runner.state).toBe('held');
  await finish(runner);
});

test('a request to an unreachable instance fails at once, and is named', async () => {
  const runner = runnerOn(`http://127.0.0.1:${await freePort()}`);
  await expect(runner.advance(false)).rejects.toThrow(/-A was not answered: fetch failed/);
});
