import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LocalServer, startLocalServer } from '../../app/testing/local-server.ts';
import { seeded } from '../../app/web/page/state/random.ts';
import { createRetryingClient } from './retrying-client.ts';

type Answer = readonly [status: number, body: object] | 'none' | 'cut';
let server: LocalServer;
/** The next answers; the last one is repeated. */
let answers: Answer[];
let received: IncomingMessage[];
beforeEach(async () => {
  received = [];
  server = await startLocalServer((request, response) => {
    received.push(request);
    const [answer = 'none'] = answers.length > 1 ? answers.splice(0, 1) : answers;
    if (answer === 'cut') request.socket.destroy();
    else if (answer !== 'none') response.writeHead(answer[0]).end(JSON.stringify(answer[1]));
  });
});
afterEach(() => server[Symbol.asyncDispose]());

const paid: Answer = [200, { status: 'paid' }];
const problem = (status: number, type: string): Answer => [status, { type: `/problems/${type}` }];
const intent = { name: 'rent', kind: 'pay', userId: 7, amount: 4900 } as const;
const client = ({ hasKeys = true, withinMs = 100_000 } = {}) =>
  createRetryingClient({ url: server.url, hasKeys, random: seeded(1), withinMs });

test('retries until the answer is final, each time with the same key', async () => {
  answers = [problem(409, 'lock-busy'), problem(502, 'bad-gateway'), 'cut', problem(503, 'unfinished'), paid];
  const retrying = client();
  expect(await retrying.execute(intent)).toBe('paid');
  expect(retrying.retries).toBe(4);
  expect(retrying.cutOff).toBe(1);
  expect(received.map(({ url, headers }) => [url, headers['idempotency-key'], headers['x-lab-intent']])).toEqual(
    Array(5).fill(['/users/7/pay', 'rent', 'rent']),
  );
});

test('keeps the first final answer, and the intents that got another one', async () => {
  answers = [paid, [200, { status: 'already_paid' }]];
  const retrying = client();
  await retrying.execute(intent);
  expect(retrying.answeredAnew).toEqual(new Set());
  await retrying.execute(intent);
  expect(retrying.answers.get('rent')).toBe('paid');
  expect(retrying.answeredAnew).toEqual(new Set(['rent']));
});

test('sends no key if it has none, and retries a first request that times out', async () => {
  answers = ['none', paid];
  const retrying = client({ hasKeys: false });
  expect(await retrying.execute(intent, 300)).toBe('paid');
  expect(retrying.retries).toBeGreaterThan(0);
  expect(received.at(-1)?.headers).toMatchObject({ 'x-lab-intent': 'rent' });
  expect(received.at(-1)?.headers['idempotency-key']).toBeUndefined();
});

test('throws on an unexpected answer, and after its time limit', async () => {
  answers = [problem(422, 'idempotency-key-reused')];
  await expect(client().execute(intent)).rejects.toThrow('rent, a pay of user 7, was answered idempotency-key-reused.');
  answers = [problem(503, 'unavailable')];
  await expect(client({ withinMs: 0 }).execute(intent)).rejects.toThrow(
    'was answered unavailable after 1 tries in 0 ms.',
  );
});
