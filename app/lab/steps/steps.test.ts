import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Call, call, newUser, sendPayment, stepped } from '../../testing/client.ts';
import { openInstance, readyInstance } from '../../testing/instance.ts';
import { soon, until } from '../../testing/until.ts';

let session: string;
let userId: number;
let sent: Promise<unknown>[];
beforeEach(async () => {
  session = randomUUID();
  userId = await newUser();
  sent = [];
});
afterEach(async () => {
  await letGo();
  await Promise.all(sent);
});

/** Sends a stepped request with this id in the session. */
function send(command: 'pay' | 'cancel', requestId: string, headers: Record<string, string> = {}): Promise<Answer> {
  const all = { ...stepped(session, requestId), 'x-lock-mode': 'none', ...headers };
  const answer = sendPayment(command, userId, { headers: all });
  sent.push(answer.catch(() => {}));
  return answer;
}
const list = async () => (await call(`/lab/steps/${session}`)).body.requests;
const release = (requestId: string) => call(`/lab/steps/${session}/release`, { json: { requestId } });
const letGo = (json?: object) => call(`/lab/steps/${session}/let-go`, { method: 'POST', ...(json && { json }) });
const user = async () => (await call(`/users/${userId}`)).body;

/** Resolves once the request is held before that step. */
const held = (requestId: string, heldBefore: string) =>
  expect.poll(list).toContainEqual(expect.objectContaining({ requestId, heldBefore }));

async function take(requestId: string, ...steps: string[]): Promise<void> {
  for (const step of steps) {
    await held(requestId, step);
    expect((await release(requestId)).status).toBe(200);
  }
}

test('holds a pay before its read, charge and write, and shows what it read', async () => {
  const answer = send('pay', 'a');
  await held('a', 'read');
  const known = { requestId: 'a', userId, command: 'pay', amount: 4900, mode: 'none' };
  const instance = expect.stringMatching(/^app-\d$/);
  const shown = (rest: object) => [{ ...known, instance, ...rest }];
  expect(await list()).toEqual(shown({ heldBefore: 'read', next: 'read the account', holds: 1, saw: null }));

  await release('a');
  await held('a', 'act');
  const saw = { paid: false, version: 0, openCharges: [] };
  expect(await list()).toEqual(shown({ heldBefore: 'act', next: 'charge 4900', holds: 2, saw }));
  expect((await user()).balance).toBe(0);

  await release('a');
  await held('a', 'write');
  expect(await list()).toEqual(shown({ heldBefore: 'write', next: 'write paid over version 0', holds: 3, saw }));
  expect(await user()).toMatchObject({ paid: false, balance: 4900 });

  await release('a');
  const { body, headers } = await answer;
  expect([body.status, headers.get('x-lab-steps')]).toEqual(['paid', 'step-by-step']);
  expect(await list()).toEqual([]);
});

test('steps through the race: a cancel during a pay leaves unpaid access', async () => {
  const answers = [send('pay', 'p'), send('cancel', 'c')];
  await take('p', 'read', 'act');
  await held('p', 'write'); // it has charged, so the cancel finds the charge
  await take('c', 'read');
  await held('c', 'act');
  expect((await list())[0]).toMatchObject({ requestId: 'c', next: expect.stringMatching(/^refund charge \d+$/) });
  await take('c', 'act', 'write');
  await take('p', 'write');
  expect((await Promise.all(answers)).map(({ body }) => body.status)).toEqual(['paid', 'cancelled']);
  expect(await user()).toMatchObject({ paid: true, balance: 0 });
});

test('a release reaches a request on any instance', async () => {
  const names = Array.from({ length: 6 }, (_, index) => `r${index}`);
  const answers = names.map((name) => send('cancel', name));
  for (const name of names) await held(name, 'read');
  expect(new Set((await list()).map(({ instance }: { instance: string }) => instance)).size).toBeGreaterThan(1);
  for (const name of names) await take(name, 'read');
  for (const answer of answers) expect((await answer).body.status).toBe('nothing_to_cancel');
});

test('a request that waits for its lock is not held', async () => {
  const mode = { 'x-lock-mode': 'redis' };
  const first = send('pay', 'first', mode);
  await take('first', 'read', 'act');
  const second = send('cancel', 'second', mode);
  await held('first', 'write');
  await expect.poll(list).toHaveLength(2);
  await sendPayment('pay', await newUser(), { headers: mode }); // gives the second time to reach the lock
  expect((await list())[1]).toMatchObject({ requestId: 'second', heldBefore: null, holds: 0, saw: null });
  await take('first', 'write');
  await take('second', 'read', 'act', 'write');
  expect([(await first).body.status, (await second).body.status]).toEqual(['paid', 'cancelled']);
});

test('a stepped request chooses how long it waits for its lock', async () => {
  await using hasty = await readyInstance({ LAB: 'on', LOCK_WAIT_MS: '0' });
  const mode = { 'x-lock-mode': 'redis' };
  const first = send('pay', 'first', mode);
  await take('first', 'read', 'act');
  const { url } = hasty;
  const cancel = (requestId: string, wait: Record<string, string>) =>
    sendPayment('cancel', userId, { url, headers: { ...mode, ...stepped(session, requestId), ...wait } });
  const patient = cancel('patient', { 'x-lab-wait-ms': '60000' });
  expect((await cancel('hasty', {})).body.type).toBe('/problems/lock-busy');
  await take('first', 'write');
  await take('patient', 'read', 'act', 'write');
  expect([(await first).body.status, (await patient).body.status]).toEqual(['paid', 'cancelled']);
});

test('X-Lab-Instance chooses the instance behind nginx', async () => {
  const names = ['app-1', 'app-2', 'app-2', 'app-1', 'app-3', 'app-3'];
  const answers = [];
  for (const name of names) {
    const pay = async () => {
      const answer = await sendPayment('pay', userId, { headers: { 'x-lab-instance': name } });
      return answer.status !== 404 && answer; // on a machine that stood still, its heartbeat may be late
    };
    answers.push(await until(`${name} is up`, pay, soon));
  }
  expect(answers.map(({ headers }) => headers.get('x-instance'))).toEqual(names);
  expect(answers.map(({ body }) => body.status)).toEqual(['paid', ...Array(5).fill('already_paid')]);
  const unknown = await sendPayment('pay', userId, { headers: { 'x-lab-instance': 'app-9' } });
  expect(unknown.body.errors).toMatchObject([{ field: 'X-Lab-Instance', detail: expect.stringContaining('app-1') }]);
});

describe('resume', () => {
  test('one request: it is no longer held, the others are', async () => {
    const one = send('pay', 'one');
    send('pay', 'other');
    await held('one', 'read');
    await held('other', 'read');
    expect((await letGo({ requestId: 'one' })).body).toEqual({ letGo: ['one'] });
    expect((await one).headers.get('x-lab-steps')).toBe('let-go');
    expect(await list()).toMatchObject([{ requestId: 'other', heldBefore: 'read' }]);
  });

  test('all requests, also one between holds; later requests are held', async () => {
    const mode = { 'x-lock-mode': 'redis' };
    const inside = send('pay', 'inside', mode);
    await held('inside', 'read');
    const waiting = send('cancel', 'waiting', mode);
    await expect.poll(list).toHaveLength(2);
    expect((await letGo()).body).toEqual({ letGo: ['inside', 'waiting'] });
    expect([(await inside).body.status, (await waiting).body.status]).toEqual(['paid', 'cancelled']);
    expect((await waiting).headers.get('x-lab-steps')).toBe('let-go');
    send('pay', 'inside');
    await held('inside', 'read');
  });
});

describe('holds are bounded', () => {
  test('a request goes on by itself after the time limit, and reports that', async () => {
    const startedAt = performance.now();
    const { body, headers } = await send('pay', 'a', { 'x-lab-hold-ms': '100' });
    expect(performance.now() - startedAt).toBeGreaterThan(99);
    expect([body.status, headers.get('x-lab-steps')]).toEqual(['paid', 'time-limit']);
    expect(await user()).toMatchObject({ paid: true, balance: 4900 });
    expect(await list()).toEqual([]);
  });

  test('a begun request is finished after its client disconnects', async () => {
    const gone = new AbortController();
    await using direct = await readyInstance({ LAB: 'on' }); // no proxy in between
    const request = { url: direct.url, headers: stepped(session, 'a'), signal: gone.signal };
    sendPayment('pay', userId, request).catch(() => {});
    await take('a', 'read', 'act');
    await held('a', 'write');
    gone.abort();
    await expect.poll(user).toMatchObject({ paid: true, balance: 4900 });
    await expect.poll(list).toEqual([]);
  });
});

test('rejects a request id that is in use in the session', async () => {
  const first = send('pay', 'same');
  await held('same', 'read');
  const second = await send('pay', 'same');
  expect(second.status).toBe(400);
  const detail = 'must not be that of another request in this session';
  expect(second.body.errors).toEqual([{ field: 'X-Request-Id', detail }]);
  await take('same', 'read', 'act', 'write');
  expect((await first).body.status).toBe('paid');
  expect(await user()).toMatchObject({ version: 1, balance: 4900 });
});

describe('rejects bad input with the field and its constraint', () => {
  const name = 'must be 1 to 64 of letters, digits, ".", "_" and "-"';
  const pay = (headers: Record<string, string>): [string, Call] => ['/users/1/pay', { json: { amount: 1 }, headers }];
  const ms = (from: number) => `must be a whole number from ${from} to 600000, in milliseconds`;
  const held = (state: string) => `must be the id of a request that is ${state} in this session`;
  const body = 'must be a JSON object such as {"requestId": "pay-1"}';
  const [release, letGo] = ['/lab/steps/s/release', '/lab/steps/s/let-go'];
  const unknown = { json: { requestId: 'nobody' } };

  test.each<[what: string, request: [path: string, call: Call], status: number, field: string, detail: string]>([
    ['a session that is none', pay({ 'x-lab-steps': 'a b' }), 400, 'X-Lab-Steps', name],
    ['a time limit that is none', pay({ 'x-lab-steps': 's', 'x-lab-hold-ms': '0' }), 400, 'X-Lab-Hold-Ms', ms(1)],
    ['a wait that is none', pay({ 'x-lab-steps': 's', 'x-lab-wait-ms': '600001' }), 400, 'X-Lab-Wait-Ms', ms(0)],
    ['an instance that is none', pay({ 'x-lab-instance': 'a b' }), 400, 'X-Lab-Instance', name],
    ['a session in the path', ['/lab/steps/a%20b', {}], 400, 'session', name],
    ['no body', [release, { method: 'POST' }], 400, 'body', body],
    ['no request', [release, { json: {} }], 400, 'requestId', name],
    ['a number for a request', [letGo, { json: { requestId: 1 } }], 400, 'requestId', name],
    ['an unknown member', [letGo, { json: { requestID: 'a' } }], 400, 'requestID', 'is unknown: leave it out'],
    ['the release of a request that is not there', [release, unknown], 404, 'requestId', held('held')],
    ['to let a request go that is not there', [letGo, unknown], 404, 'requestId', held('in progress')],
  ])('%s', async (_what, [path, request], status, field, detail) => {
    const { status: answered, headers, body } = await call(path, request);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect([answered, body.errors]).toEqual([status, [{ field, detail }]]);
  });

  test.each([
    ['DELETE', '', 'GET, HEAD, OPTIONS'],
    ['GET', '/release', 'OPTIONS, POST'],
    ['PUT', '/let-go', 'OPTIONS, POST'],
  ])('%s /lab/steps/:session%s is not allowed', async (method, path, allow) => {
    const { status, headers } = await call(`/lab/steps/s${path}`, { method });
    expect([status, headers.get('allow')]).toEqual([405, allow]);
  });

  test('an unknown session is empty', async () => {
    expect((await call('/lab/steps/nobody')).body).toEqual({ session: 'nobody', requests: [] });
  });
});

test('with the lab off, the header is ignored and the routes are absent', async () => {
  await using withoutLab = await readyInstance();
  const { url } = withoutLab;
  const headers = { 'x-lab-steps': 'not a name' };
  const { body, headers: answered } = await sendPayment('pay', userId, { url, headers });
  expect([body.status, answered.get('x-lab-steps')]).toEqual(['paid', null]);
  for (const path of ['', '/release', '/let-go']) {
    expect((await call(`/lab/steps/${session}${path}`, { url })).status).toBe(404);
  }
});

test('rejects stepped requests while Redis is down', async () => {
  await using alone = await openInstance({ LAB: 'on', REDIS_URL: 'redis://127.0.0.1:1' });
  const { url } = alone;
  const headers = { 'x-lab-steps': session };
  const answers = await Promise.all([
    sendPayment('pay', userId, { url, headers }),
    call(`/lab/steps/${session}`, { url }),
    call(`/lab/steps/${session}/release`, { url, json: { requestId: 'a' } }),
    call(`/lab/steps/${session}/let-go`, { url, method: 'POST' }),
  ]);
  expect(answers.map(({ status, body }) => [status, body.type])).toEqual(Array(4).fill([503, '/problems/unavailable']));
  expect(await user()).toMatchObject({ paid: false, balance: 0 });
});
