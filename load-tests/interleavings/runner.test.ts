import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newUser } from '../../app/testing/client.ts';
import { freePort } from '../../app/testing/free-port.ts';
import { spawnInstance, type TestInstance, untilReady } from '../../app/testing/instance.ts';
import { withResolvers } from '../../app/testing/lock-modes.ts';
import { testStack } from '../../app/testing/stack.ts';
import { letGo, post } from '../client/stepped-requests.ts';
import { amount } from './pairs.ts';
import { createPlayer, type Player } from './player.ts';

let instance: TestInstance;
let redis: Redis;
beforeAll(async () => {
  redis = new Redis(testStack().redisUrl);
  instance = await spawnInstance({ LAB: 'on', GATEWAY_MS: '0', LOCK_WAIT_MS: '10000' });
  await untilReady(instance);
});
afterAll(async () => {
  redis.disconnect();
  instance.process.kill('SIGKILL');
  await instance.exited;
});

let userId: number;
let bystander: number;
let session: string;
let askedUnhindered: ReturnType<typeof withResolvers>;
beforeEach(async () => {
  askedUnhindered = withResolvers();
  [userId, bystander, session] = [await newUser(), await newUser(), randomUUID()];
});

function playerOn(url: string): Player {
  const headers = { 'x-lock-mode': 'redis' };
  return createPlayer({
    url,
    controlUrl: testStack().url,
    session,
    requestId: `${session.slice(0, 8)}-A`,
    userId,
    command: 'pay',
    mode: 'redis',
    sendUnhindered: async () => {
      askedUnhindered.resolve();
      for (const command of ['pay', 'cancel'] as const) await post(url, { userId: bystander, command, headers });
    },
    onStep: () => {},
  });
}
async function finish(player: Player): Promise<void> {
  await letGo(testStack().url, session);
  await player.request?.ended;
}

test('on an instance that stands still for a while a request is late, and not blocked', async () => {
  const player = playerOn(instance.url);
  instance.process.kill('SIGSTOP');
  const going = player.go(true);
  await askedUnhindered.promise; // its patience is over
  instance.process.kill('SIGCONT');
  await going;
  expect(player.standing).toBe('held');
  await finish(player);
});

test('a request is blocked while somebody else has the lock, and comes when that one has left', async () => {
  const key = `PAYMENT_${userId}_${amount}`;
  await redis.set(key, 'a rival', 'PX', 20_000);
  const player = playerOn(instance.url);
  await player.go(true);
  expect(player.standing).toBe('blocked');
  await player.look(true);
  expect(player.standing).toBe('blocked');
  await redis.del(key);
  await player.look(false);
  expect(player.standing).toBe('held');
  await finish(player);
});

test('a request that reaches nobody fails at once, with its name', async () => {
  const player = playerOn(`http://127.0.0.1:${await freePort()}`);
  await expect(player.go(false)).rejects.toThrow(/-A was not answered: fetch failed/);
});
