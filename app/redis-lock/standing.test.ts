import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { testStack } from '../testing/stack.ts';
import { Deadlines } from './deadlines.ts';
import { lockKeys } from './keys.ts';
import { LockNode } from './node.ts';
import { type Bidder, Standing } from './standing.ts';

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testStack().redisUrl);
});
afterAll(() => redis.disconnect());

test('a node that a claim has passed on to a rival holds nothing for it any more', async () => {
  const client = randomUUID();
  const node = new LockNode(redis, {
    timeoutMs: 1000,
    deadlines: new Deadlines(),
    channel: `redis-lock:${client}`,
    onGrant: () => {},
    onListening: () => {},
  });
  const keys = lockKeys(`standing-${client}`);
  const bidder = (number: number): Bidder => ({
    id: `${client}:${number}:5000`,
    keys,
    ttlMs: 5000,
    now: '',
    waits: true,
    isOver: false,
    validityMs: (ttlMs) => ttlMs,
    onAnswer: () => {},
  });
  node.listen();
  await vi.waitFor(() => expect(node.listening).toBe(true));

  const [first, second] = [1, 2].map((number) => new Standing(node, bidder(number))) as [Standing, Standing];
  first.ask();
  second.ask();
  await vi.waitFor(() => expect([first.answer, second.answer]).toEqual(['granted', 'queued']));
  expect(first.validUntil).toBeGreaterThan(performance.now());
  first.ask(`${client}:1:5000`); // gives it up, and waits for it again
  await vi.waitFor(() => expect(first.answer).toBe('queued'));
  expect(first.validUntil).toBe(0);
  for (const standing of [second, first]) standing.giveUp();
  await node.close();
});
