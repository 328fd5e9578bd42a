import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { testStack } from '../testing/stack.ts';
import { ioredisClient } from './adapters/ioredis.ts';
import { Deadlines } from './deadlines.ts';
import type { Grant } from './grants.ts';
import { lockKeys } from './keys.ts';
import { LockNode } from './node.ts';
import { nodeRuntime } from './runtime.ts';
import { type Bidder, Standing } from './standing.ts';

let redis: Redis;
beforeAll(() => {
  redis = new Redis(testStack().redisUrl);
});
afterAll(() => redis.disconnect());

interface Bid {
  readonly id: string;
  /** Called at each answer. */
  onAnswer: () => void;
  readonly standing: Standing;
}

/** Two bidders for a key on one node, and the news of its grants, which is kept back. */
async function openBids(): Promise<{ node: LockNode; bids: [Bid, Bid]; news: Grant[] }> {
  const client = randomUUID();
  const news: Grant[] = [];
  const node = new LockNode(ioredisClient(redis), {
    timeoutMs: 1000,
    runtime: nodeRuntime,
    deadlines: new Deadlines(nodeRuntime),
    channel: `redis-lock:${client}`,
    onGrant: (grant) => news.push(grant),
    onListening: () => {},
  });
  onTestFinished(async () => {
    for (const { standing } of bids) standing.giveUp();
    await node.close();
  });
  const keys = lockKeys(`standing-${client}`);
  const bids = [1, 2].map((number): Bid => {
    const id = `${client}:${number}:5000`;
    const bidder: Bidder = {
      ...{ id, keys, ttlMs: 5000, now: '', waits: true, isOver: false, runtime: nodeRuntime },
      validityMs: (ttlMs) => ttlMs,
      onAnswer: () => bid.onAnswer(),
    };
    const bid: Bid = { id, onAnswer: () => {}, standing: new Standing(node, bidder) };
    return bid;
  }) as [Bid, Bid];
  node.listen();
  await vi.waitFor(() => expect(node.listening).toBe(true));
  return { node, bids, news };
}

const untilAnswered = (bids: readonly Bid[], answers: readonly Standing['answer'][]) =>
  vi.waitFor(() => expect(bids.map(({ standing }) => standing.answer)).toEqual(answers));

test('a node that a claim has passed on to a rival holds nothing for it any more', async () => {
  const { bids } = await openBids();
  const [first, second] = bids;
  first.standing.ask();
  second.standing.ask();
  await untilAnswered(bids, ['granted', 'queued']);
  expect(first.standing.validUntil).toBeGreaterThan(performance.now());
  first.standing.ask(first.id); // gives it up, and waits for it again
  await vi.waitFor(() => expect(first.standing.answer).toBe('queued'));
  expect(first.standing.validUntil).toBe(0);
});

describe('while a claim passes on what it has', () => {
  /** The second bid has been let in, knows it by an answer, and the news of it is still under way. */
  async function openPassing(): Promise<{ second: Bid; late: Grant }> {
    const { bids, news } = await openBids();
    const [first, second] = bids;
    first.standing.ask();
    second.standing.ask();
    await untilAnswered(bids, ['granted', 'queued']);
    first.standing.ask(first.id);
    await vi.waitFor(() => expect(news).toHaveLength(1));
    second.standing.ask();
    await untilAnswered(bids, ['queued', 'granted']);
    return { second, late: news[0] as Grant };
  }

  test('the late news that it had been let in before is not believed', async () => {
    const { second, late } = await openPassing();
    second.standing.ask(second.id);
    second.standing.hear(late);
    expect([second.standing.answer, second.standing.validUntil]).toEqual(['asked', 0]);
    await vi.waitFor(() => expect(second.standing.answer).toBe('queued'));
    expect(second.standing.validUntil).toBe(0);
  });

  test('nor is it when only an earlier question has been answered', async () => {
    const { second, late } = await openPassing();
    const seen: Standing['answer'][] = [];
    second.onAnswer = () => {
      if (seen.length === 0) second.standing.hear(late);
      seen.push(second.standing.answer);
    };
    second.standing.ask();
    second.standing.ask(second.id);
    await vi.waitFor(() => expect(second.standing.answer).toBe('queued'));
    expect(seen[0]).not.toBe('granted');
    expect(second.standing.validUntil).toBe(0);
  });

  test('the early news that it has been let in again is, as soon as the node has answered', async () => {
    const { second, late } = await openPassing();
    second.standing.ask(second.id);
    second.standing.hear({ ...late, micros: late.micros + 1_000_000 });
    expect(second.standing.answer).toBe('asked');
    await vi.waitFor(() => expect(second.standing.answer).toBe('granted'));
    expect(second.standing.validUntil).toBeGreaterThan(performance.now());
  });
});
