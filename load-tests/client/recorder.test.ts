import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { startLocalServer } from '../../app/testing/local-server.ts';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { checkHistories } from '../race/history.ts';
import { checkEachUser } from '../verify/each-user.ts';
import { resetUsers } from './lab-client.ts';
import { driveRecorded, recordingClients, whyNoHistory } from './recorded-load.ts';
import { createRecorder } from './recorder.ts';

const { url } = testStack();
const freshUsers = async (count: number) => (await resetUsers(url, count)).map(({ id }) => ({ id, amount: 4900 }));
const user = { id: 7, amount: 4900 };

/** Starts a server that answers unlike any instance. */
async function startServer(answer: (res: ServerResponse, path: string) => void): Promise<string> {
  const server = await startLocalServer((req, res) => req.resume().on('end', () => answer(res, req.url ?? '')));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server.url;
}

test('records call, answer, times and request id', async () => {
  const [paying = user] = await freshUsers(1);
  await using recorder = createRecorder({ url, clients: 1, requestPrefix: 'here' });
  const startMs = performance.now();
  for (const call of ['pay', 'pay', 'read', 'cancel', 'cancel', 'read'] as const) await recorder.call(paying, call);
  const history = recorder.histories.get(paying.id) ?? [];
  expect(history.map(({ call, answer }) => `${call} ${answer}`)).toEqual([
    'pay paid',
    'pay already_paid',
    'read paid',
    'cancel cancelled',
    'cancel nothing_to_cancel',
    'read free',
  ]);
  expect(history.map(({ requestId }) => requestId)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `here-${number}`));
  const calls = history.flatMap(({ invokedAtMs, returnedAtMs }) => [invokedAtMs, returnedAtMs]);
  const times = [startMs, ...calls, performance.now()];
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect([...recorder.instances].every((instance) => /^app-\d$/.test(instance))).toBe(true);
});

test('records calls to another server in the same history', async () => {
  const own = await startServer((res) => res.end('{"status":"already_paid"}'));
  await using recorder = createRecorder({ url, clients: 1, requestPrefix: 'elsewhere' });
  const [paying = user] = await freshUsers(1);
  expect(await recorder.call(paying, 'cancel')).toBe('nothing_to_cancel');
  expect(await recorder.call(paying, 'pay', own)).toBe('already_paid');
  expect(recorder.histories.get(paying.id)?.map(({ requestId }) => requestId)).toEqual(['elsewhere-1', 'elsewhere-2']);
});

test('leaves refused calls out of the history', async () => {
  await using recorder = createRecorder({ url, clients: 1, requestPrefix: 'refused' });
  expect(await recorder.call({ id: 2_000_000_000, amount: 1 }, 'pay')).toBe('refused');
  expect(recorder.histories.size).toBe(0);
});

test('pairs answers with their calls when they arrive out of order', async () => {
  const waiting: (() => void)[] = [];
  let servedMs = 0;
  const own = await startServer((res, path) => {
    waiting.push(() => res.end(JSON.stringify({ status: path.endsWith('pay') ? 'paid' : 'cancelled' })));
    if (waiting.length < 4) return;
    servedMs = performance.now();
    for (const answer of waiting.reverse()) answer();
  });
  await using recorder = createRecorder({ url: own, clients: 4, requestPrefix: 'order' });
  const calls = ['pay', 'cancel', 'pay', 'cancel'] as const;
  expect(await Promise.all(calls.map((call) => recorder.call(user, call)))).toEqual([
    'paid',
    'cancelled',
    'paid',
    'cancelled',
  ]);
  for (const { invokedAtMs, returnedAtMs } of recorder.histories.get(user.id) ?? []) {
    expect(invokedAtMs).toBeLessThan(servedMs);
    expect(returnedAtMs).toBeGreaterThan(servedMs);
  }
});

test('records a broken connection as unknown, without a retry', async () => {
  let arrived = 0;
  const own = await startServer((res) => {
    arrived += 1;
    if (arrived % 2 === 1) res.destroy();
    else res.end('{"status": "already_paid"}');
  });
  await using recorder = createRecorder({ url: own, clients: 1, requestPrefix: 'broken' });
  expect(await recorder.call(user, 'pay')).toBe('unknown');
  expect(await recorder.call(user, 'pay')).toBe('already_paid');
  expect(arrived).toBe(2);
});

test('an abort makes calls in flight unknown and sends no more', async () => {
  let arrived = 0;
  const stop = new AbortController();
  const own = await startServer(() => {
    arrived += 1;
    if (arrived === 4) stop.abort();
  });
  await using recorder = createRecorder({ url: own, clients: 4, requestPrefix: 'aborted', signal: stop.signal });
  const users = [1, 2, 3, 4].map((id) => ({ id, amount: 1 }));
  await driveRecorded({ users, clients: 4, seconds: Number.POSITIVE_INFINITY, seed: 1 }, recorder);
  expect(arrived).toBe(4);
  expect([...recorder.histories.values()].flat().map(({ answer }) => answer)).toEqual(Array(4).fill('unknown'));
  expect(await recorder.call(user, 'pay')).toBe('refused');
  expect(recorder.histories.has(user.id)).toBe(false);
});

test('an invalid answer stops all groups, and is thrown once no call is in flight', async () => {
  let arrived = 0;
  const own = await startServer((res, path) => {
    arrived += 1;
    const status = path.endsWith('pay') ? 'paid' : 'cancelled';
    res.end(JSON.stringify({ status: arrived === 20 ? 'maybe' : status }));
  });
  await using recorder = createRecorder({ url: own, clients: 8, requestPrefix: 'none' });
  const users = Array.from({ length: 16 }, (_, index) => ({ id: 1 + index, amount: 1 }));
  const load = driveRecorded({ users, clients: 8, seconds: Number.POSITIVE_INFINITY, seed: 2 }, recorder);
  await expect(load).rejects.toThrow(/a (pay|cancel) was answered 200: {"status":"maybe"}/);
  const atTheEnd = arrived;
  expect(atTheEnd).toBeLessThan(100);
  await fetch(own); // arrives after anything sent before it
  expect(arrived).toBe(atTheEnd + 1);
});

test('uses half as many recording clients as connections, at most eight', () => {
  expect([4, 7, 8, 32, 1000].map(recordingClients)).toEqual([2, 2, 4, 8, 8]);
});

test('records no history with few overlaps or no users left', () => {
  const load = { users: 50, connections: 32, amounts: 1 };
  expect(whyNoHistory(load)).toBeUndefined();
  expect(whyNoHistory({ ...load, connections: 3 })).toMatch(/fewer than 4 connections/);
  expect(whyNoHistory({ ...load, users: 99_984 })).toBeUndefined();
  expect(whyNoHistory({ ...load, users: 99_985 })).toMatch(/all users/);
});

test('records no history with several amounts: an account then has more than two states', () => {
  expect(whyNoHistory({ users: 50, connections: 32, amounts: 2 })).toMatch(/2 amounts .* 3 states/);
});

test('finds answers that no order explains when nothing guards', async () => {
  let seed = 1;
  const unguarded = async () => {
    const users = await freshUsers(8);
    await using recorder = createRecorder({ url, clients: 8, requestPrefix: `unguarded-${seed}` });
    await driveRecorded({ users, clients: 8, seconds: 0.3, seed: seed++ }, recorder);
    const result = await checkHistories(recorder, users);
    const { notLinearizable } = checkEachUser(recorder.histories);
    return result.linearizable === false && { ...result, notLinearizable };
  };
  const { history, example, notLinearizable } = await until('answers that no order explains', unguarded, soon);
  expect(history.notLinearizable).toBe(notLinearizable);
  expect(history).toMatchObject({ unknown: 0 });
  expect(example?.violation.operations).toContain(example?.violation.impossible);
});

test('finds a final flag that contradicts the answers', async () => {
  const own = await startServer((res, path) =>
    res.end(path.endsWith('pay') ? '{"status": "paid"}' : '{"paid": false}'),
  );
  await using recorder = createRecorder({ url: own, clients: 1, requestPrefix: 'contradicted' });
  await recorder.call(user, 'pay');
  expect(checkEachUser(recorder.histories).notLinearizable).toBe(0);
  const { linearizable, example } = await checkHistories(recorder, [user]);
  expect(linearizable).toBe(false);
  expect(example).toMatchObject({ userId: 7, violation: { impossible: { call: 'read', answer: 'free' } } });
});

test('throws when a final flag cannot be read', async () => {
  const own = await startServer((res, path) => {
    res.statusCode = path.endsWith('pay') ? 200 : 500;
    res.end('{"status": "paid"}');
  });
  await using recorder = createRecorder({ url: own, clients: 1, requestPrefix: 'unread' });
  await recorder.call(user, 'pay');
  await expect(checkHistories(recorder, [user])).rejects.toThrow('the flag of user 7 could not be read: unknown');
});

test('an empty recording has no verdict', async () => {
  await using recorder = createRecorder({ url, clients: 0, requestPrefix: 'nothing' });
  expect(await checkHistories(recorder, [])).toMatchObject({ linearizable: null, history: { users: 0, calls: 0 } });
});
