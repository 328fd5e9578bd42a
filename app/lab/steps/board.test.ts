import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { openRedis } from '../../redis/connection.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { testStack } from '../../testing/stack.ts';
import { createStepBoard, type StepBoard, type SteppedRequest } from './board.ts';
import { openHolds } from './holds.ts';

const redis = sharedRedis();
const board = createStepBoard(redis, 30_000);

const pay: SteppedRequest = {
  requestId: 'a',
  userId: 7,
  command: 'pay',
  amount: 4900,
  mode: 'none',
  instance: 'app-1',
  heldBefore: null,
  next: null,
  holds: 0,
  saw: null,
};
/** Its client stays, and its instance runs. */
const stays = { signal: new AbortController().signal, ending: new AbortController().signal };

test('releasing a hold twice does not release the next hold', async () => {
  const session = randomUUID();
  const first: SteppedRequest = { ...pay, heldBefore: 'read', holds: 1 };
  expect(await board.enter(session, pay)).toBe(true);
  expect(await board.release(session, 'a')).toBe(false); // not held yet
  await board.update(session, first);
  expect([await board.release(session, 'a'), await board.release(session, 'a')]).toEqual([true, true]);
  expect(await board.resume(session)).toEqual(['a']);
  expect(await redis.exists(board.releasesOf(session, { ...first, holds: 2 }).step)).toBe(0);
  await board.leave(session, first);
  expect(await redis.keys(`lab:steps:${session}*`)).toEqual([]);
});

test('a user is stepped while one of its requests is on a board', async () => {
  const userId = 100_000_000 + Math.floor(Math.random() * 1e9); // of this test only
  const [first, second] = [randomUUID(), randomUUID()];
  const own = { ...pay, userId };
  await board.enter(first, own);
  await board.enter(second, own);
  await board.leave(first, own);
  expect(await board.isStepped(userId)).toBe(true);
  expect(await redis.ttl(`lab:stepped:${userId}`)).toBeGreaterThan(0); // an instance may be killed
  await board.leave(second, own);
  expect(await board.isStepped(userId)).toBe(false);
});

test('during a hold, the lease is renewed, and the request shows that it is alive', async () => {
  const session = randomUUID();
  await board.enter(session, pay);
  const options = { board, redis, timeoutMs: 30_000, session, limitMs: 60_000, sliceMs: 30, ...stays };
  const holds = openHolds(pay, options);
  const renewed = new Promise<void>((resolve) => holds.keepAlive(async () => resolve()));
  const held = holds.before('write', 'write');
  await expect.poll(() => redis.expire(`lab:steps:${session}`, 1000)).toBe(1);
  await renewed;
  await expect.poll(() => redis.ttl(`lab:steps:${session}`)).toBeLessThan(1000);
  await board.resume(session);
  await held;
  await holds.end();
});

test('the keys of a killed instance expire', async () => {
  const session = randomUUID();
  await board.enter(session, pay);
  await board.update(session, { ...pay, heldBefore: 'read', holds: 1 });
  await board.release(session, 'a');
  await board.resume(session);
  const keys = await redis.keys(`lab:steps:${session}*`);
  expect(keys).toHaveLength(3);
  for (const key of keys) expect(await redis.ttl(key), key).toBeGreaterThan(0);
});

test('a request goes on by itself if Redis is unreachable', async () => {
  const nowhere = openRedis({ url: 'redis://127.0.0.1:1', timeoutMs: 30_000, warn: () => {} });
  try {
    const lost = createStepBoard(nowhere, 30_000);
    await expect(lost.enter('s', pay)).rejects.toThrow();
    const holds = openHolds(pay, {
      board: lost,
      redis: nowhere,
      timeoutMs: 30_000,
      session: 's',
      limitMs: 30_000,
      ...stays,
    });
    await holds.before('read', 'read the account');
    await holds.end();
    expect(holds.status).toBe('redis-lost');
  } finally {
    nowhere.disconnect();
  }
});

test.each(['signal', 'ending'] as const)('a request is held no more once its %s aborts', async (which) => {
  const session = randomUUID();
  await board.enter(session, pay);
  const over = new AbortController();
  const options = { board, redis, timeoutMs: 30_000, session, limitMs: 600_000, ...stays, [which]: over.signal };
  const holds = openHolds(pay, options);
  const held = holds.before('read', 'read the account');
  await expect.poll(() => board.list(session)).toMatchObject([{ heldBefore: 'read' }]);
  over.abort();
  await held;
  await holds.before('act', 'charge 4900');
  await holds.end();
  expect(holds.status).toBe({ signal: 'client-gone', ending: 'shutting-down' }[which]);
  expect(await board.list(session)).toEqual([]);
});

test('a hold ends at its time limit, even beyond the socket timeout', async () => {
  const hasty = openRedis({ url: testStack().redisUrl, timeoutMs: 100, warn: () => {} }) as Redis; // silent for 200 ms at most
  hasty.options.connectTimeout = 30_000; // of the hold's own connection: no test is about a slow machine
  try {
    const held: (string | null)[] = [];
    const watched: StepBoard = {
      ...board,
      async update(session, request) {
        held.push(request.heldBefore);
        await board.update(session, request);
      },
    };
    const session = randomUUID();
    await board.enter(session, pay);
    const options = { board: watched, redis: hasty, timeoutMs: 30_000, session, limitMs: 400, ...stays };
    const holds = openHolds(pay, options);
    for (const step of ['read', 'act', 'write'] as const) await holds.before(step, 'go on');
    await holds.end();
    expect(holds.status).toBe('time-limit');
    expect(held).toEqual(['read', null]);
  } finally {
    hasty.disconnect();
  }
});
