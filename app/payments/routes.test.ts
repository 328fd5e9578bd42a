import { randomUUID } from 'node:crypto';
import express from 'express';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerErrors } from '../http/errors.ts';
import { createInFlight } from '../http/in-flight.ts';
import {
  type LockMode,
  type LockModeName,
  type LockModes,
  lockModeNames,
  lockModeTraits,
} from '../lock-modes/index.ts';
import { createLog } from '../log.ts';
import { type Call, call, heldRequest, newUser, sendPayment, stepped } from '../testing/client.ts';
import { type OpenInstance, readyInstance } from '../testing/instance.ts';
import { startLocalServer } from '../testing/local-server.ts';
import { sharedDb, sharedRedis } from '../testing/shared.ts';
import { testStack } from '../testing/stack.ts';
import { paymentRoutes } from './routes.ts';

const redis = sharedRedis();
let id: number;
beforeEach(async () => {
  id = await newUser();
});

const post = (command: 'pay' | 'cancel', request?: Call) => sendPayment(command, id, request);
const user = async () => (await call(`/users/${id}`)).body;

test.each(lockModeNames)('%s: pays once, cancels once, and repeats the first answer to a key later', async (mode) => {
  const requestId = randomUUID();
  const headers = { 'x-lock-mode': mode };
  const keyed = { headers: { ...headers, 'x-request-id': requestId, 'idempotency-key': requestId } };
  const answers = [];
  for (const command of ['pay', 'pay', 'cancel', 'cancel'] as const) {
    const { status, body } = await post(command, { headers });
    answers.push([status, body.status]);
    if (command === 'pay') expect(await user()).toMatchObject({ paid: true, version: 1, balance: 4900 });
  }
  expect(answers).toEqual([
    [200, 'paid'],
    [200, 'already_paid'],
    [200, 'cancelled'],
    [200, 'nothing_to_cancel'],
  ]);
  const first = await post('pay', keyed);
  await post('cancel', { headers });
  const late = await post('pay', keyed);
  const paid = { status: 'paid', userId: id, amount: 4900, requestId };
  expect([first.status, first.body, late.status, late.body]).toEqual([200, paid, 200, paid]);
  expect([first, late].map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
  expect(first.headers.get('x-request-id')).toBe(requestId);
  expect(first.headers.get('x-instance')).toMatch(/^app-\d$/);
  expect(first.headers.get('x-lock-mode')).toBe(mode);
  expect(await user()).toMatchObject({ paid: false, version: 4, balance: 0 });
  expect(await sharedDb()('charges').where({ user_id: id })).toHaveLength(2);
});

test('replaces a request id that is unsafe in a log or a header', async () => {
  const { headers, body } = await post('pay', { headers: { 'x-request-id': 'a"}{"b' } });
  expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  expect(body.requestId).toBe(headers.get('x-request-id'));
});

test('a cancel leaves a payment of another amount alone', async () => {
  await post('pay');
  expect((await post('cancel', { json: { amount: 100 } })).body.status).toBe('nothing_to_cancel');
  expect(await user()).toMatchObject({ paid: true, balance: 4900 });
});

describe('rejects bad input with the field and its constraint, and changes nothing', () => {
  const wrong = (field: string, detail: string) => [400, 'invalid-request', field, detail] as const;
  const wrongAmount = wrong('amount', 'must be a whole number from 1 to 99999999, in minor units');
  const wrongId = wrong('id', 'must be a whole number from 1 to 4294967295');
  const wrongBody = wrong('body', 'must be a JSON object such as {"amount": 4900}');
  const wrongJson = [400, 'invalid-json', 'body', 'must be JSON'] as const;
  const wrongType = (detail: string) => [415, 'unsupported-media-type', 'Content-Type', detail] as const;
  const delay = 'must be a whole number from 0 to 30000, in milliseconds';
  const json = { 'content-type': 'application/json' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const charsets = [';charset=utf-16le', ';charset=utf-7', ';charset="UTF-16"', '; charset=latin1'];
  const sound = { json: { amount: 1 } };

  test.each<[what: string, path: string, call: Call, status: number, type: string, field: string, detail: string]>([
    ['amount 0', 'pay', { json: { amount: 0 } }, ...wrongAmount],
    ['a negative amount', 'pay', { json: { amount: -4900 } }, ...wrongAmount],
    ['a fraction', 'pay', { json: { amount: 49.5 } }, ...wrongAmount],
    ['a huge amount', 'pay', { json: { amount: 1e300 } }, ...wrongAmount],
    [
      'an amount that only rounding makes whole',
      'pay',
      { raw: '{"amount":0.99999999999999999}', headers: json },
      ...wrongAmount,
    ],
    ['an amount in quotes', 'cancel', { json: { amount: '4900' } }, ...wrongAmount],
    ['no amount', 'cancel', { json: {} }, ...wrongAmount],
    [
      'two amounts',
      'pay',
      { raw: '{"amount":1,"amount":4900}', headers: json },
      ...wrong('amount', 'must be given once'),
    ],
    [
      'an unknown member',
      'pay',
      { json: { amount: 1, currency: 'EUR' } },
      ...wrong('currency', 'is unknown: leave it out'),
    ],
    ['no body', 'pay', { method: 'POST' }, ...wrongBody],
    ['an empty body', 'pay', { raw: '', headers: json, method: 'POST' }, ...wrongBody],
    ['an array', 'pay', { json: [4900] }, ...wrongBody],
    ['null', 'pay', { raw: 'null', headers: json }, ...wrongBody],
    ['malformed JSON', 'pay', { raw: '{"amount": 49', headers: json }, ...wrongJson],
    ['endless nesting', 'pay', { raw: '['.repeat(16_000), headers: json }, ...wrongJson],
    ['a form', 'pay', { raw: 'amount=1', headers: form }, ...wrongType('must be application/json')],
    ...charsets.map((charset): [string, string, Call, ...ReturnType<typeof wrongType>] => [
      `application/json${charset}`,
      'pay',
      { ...sound, headers: { 'content-type': `application/json${charset}` } },
      ...wrongType('must be UTF-8'),
    ]),
    [
      'an unknown mode',
      'pay',
      { ...sound, headers: { 'x-lock-mode': 'redsi' } },
      ...wrong('X-Lock-Mode', `must be one of ${lockModeNames.join(', ')}`),
    ],
    [
      'a negative processor delay',
      'pay',
      { ...sound, headers: { 'x-gateway-ms': '-5' } },
      ...wrong('X-Gateway-Ms', delay),
    ],
    ['a name as the id', '/users/ada/pay', sound, ...wrongId],
    ['a negative id', '/users/-1/pay', sound, ...wrongId],
    ['id 0', '/users/0/cancel', sound, ...wrongId],
    ['a fraction as the id', '/users/1.5/pay', sound, ...wrongId],
    ['a huge id', '/users/99999999999999999999/pay', sound, ...wrongId],
    ['an unknown user', '/users/4000000000/pay', sound, 404, 'unknown-user', 'id', 'must be the id of a user'],
  ])('%s', async (_what, path, request, status, type, field, detail) => {
    const before = await user();
    const answer = await call(path.startsWith('/') ? path : `/users/${id}/${path}`, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ type: `/problems/${type}`, status, errors: [{ field, detail }] });
    expect(JSON.stringify(answer.body)).not.toMatch(/at \w+ \(|node_modules/);
    expect(await user()).toEqual(before);
  });

  test('a body that is too large', async () => {
    const answer = await post('pay', { json: { amount: 1, filler: 'x'.repeat(1_000_000) } });
    expect(answer.status).toBe(413);
    const errors = [{ field: 'body', detail: 'must be 16 KiB at most' }];
    expect(answer.body).toMatchObject({ type: '/problems/too-large', status: 413, errors });
  });

  test('a path and headers too long for nginx', async () => {
    const long = 'x'.repeat(20_000);
    const path = await call(`/${long}`);
    expect([path.status, path.body.type]).toEqual([414, '/problems/path-too-long']);
    const headers = await call('/users', { headers: { 'x-filler': long } });
    expect([headers.status, headers.body.type]).toEqual([431, '/problems/headers-too-large']);
  });

  test.each([
    ['GET', 'pay', 'OPTIONS, POST'],
    ['DELETE', 'cancel', 'OPTIONS, POST'],
    ['PUT', '/users', 'GET, HEAD, OPTIONS'],
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
  ])('%s %s is not allowed, and Allow names what is', async (method, path, allow) => {
    const answer = await call(path.startsWith('/') ? path : `/users/${id}/${path}`, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(answer.body.type).toBe('/problems/method-not-allowed');
  });

  test('an unknown path, and one that cannot be decoded', async () => {
    expect((await call('/nowhere')).body).toMatchObject({ type: '/problems/not-found', status: 404 });
    expect((await call('/users/%E0%A4%A/pay')).body).toMatchObject({ type: '/problems/bad-request', status: 400 });
    expect((await call('/users/%ff/pay')).body).toMatchObject({ type: '/problems/bad-request', status: 400 });
  });
});

describe('the list of users', () => {
  test('is paged, each page with the path of the next', async () => {
    const first = await call(`/users?limit=1&after=${id - 1}`);
    expect(first.body.users).toEqual([{ id, name: 'Test', paid: false, version: 0, balance: 0 }]);
    const another = await newUser();
    const { body } = await call(`/users?limit=1&after=${id - 1}`);
    expect(body.next).toBe(`/users?limit=1&after=${id}`);
    expect((await call(body.next)).body.users).toMatchObject([{ id: another }]);
  });

  test('names each wrong parameter', async () => {
    const { status, body } = await call('/users?limit=5000&page=2');
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ field: 'limit' }, { field: 'page' }]);
  });

  test('answers 404 for an unknown user', async () => {
    expect((await call('/users/4000000000')).body.type).toBe('/problems/unknown-user');
  });
});

describe('a lock held by a rival', () => {
  const waitMs = 60;
  let hasty: OpenInstance;
  beforeAll(async () => {
    hasty = await readyInstance({ LAB: 'on', LOCK_WAIT_MS: String(waitMs) });
  });
  afterAll(async () => {
    await hasty[Symbol.asyncDispose]();
  });

  test.each(['naive', 'redis', 'fenced'])(
    '%s: waits, then answers lock-busy with Retry-After, and does nothing',
    async (mode) => {
      const key = `PAYMENT_${id}_4900`;
      await redis.set(key, 'a rival');
      const startedAt = performance.now();
      const answer = await post('pay', { url: hasty.url, headers: { 'x-lock-mode': mode } });
      expect(performance.now() - startedAt).toBeGreaterThan(waitMs - 1); // timers may fire a little early
      expect(answer.status).toBe(409);
      expect(answer.body.type).toBe('/problems/lock-busy');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(await user()).toMatchObject({ paid: false, version: 0, balance: 0 });
      expect(await redis.get(key)).toBe('a rival');
      await redis.del(key);
    },
  );

  test('row: does the same for a locked row', async () => {
    const rival = await createConnection(testStack().mysqlUrl);
    await rival.query('START TRANSACTION');
    await rival.query('SELECT id FROM users WHERE id = ? FOR UPDATE', [id]);
    const startedAt = performance.now();
    const answer = await post('pay', { url: hasty.url, headers: { 'x-lock-mode': 'row' } });
    expect(performance.now() - startedAt).toBeGreaterThan(waitMs - 1);
    expect([answer.status, answer.body.type]).toEqual([409, '/problems/lock-busy']);
    await rival.end();
    expect(await user()).toMatchObject({ paid: false, version: 0, balance: 0 });
  });
});

/** The README's race, stepped: a pay is held after its charge while a cancel runs. */
describe('a cancel that overtakes a pay', () => {
  async function overtake(name: LockModeName) {
    const mode = { 'x-lock-mode': name };
    const pay = await heldRequest(id, { headers: { ...mode, 'x-request-id': 'pay' }, before: 'write' });
    expect((await user()).balance).toBe(4900); // it has charged
    const steps = `/lab/steps/${pay.session}`;
    const fast = post('cancel', { headers: { ...mode, ...stepped(pay.session, 'cancel') } });
    await expect.poll(async () => (await call(steps)).body.requests).toHaveLength(2);
    if (lockModeTraits[name].excludes === 'none') {
      await call(`${steps}/let-go`, { json: { requestId: 'cancel' } });
      await fast;
    }
    const answers = (await Promise.all([pay.resume(), fast])).map(({ body }) => body.type ?? body.status);
    return [...answers, await user()];
  }

  test('none: gives access without a payment', async () => {
    expect(await overtake('none')).toEqual([
      'paid',
      'cancelled',
      { id, name: 'Test', paid: true, version: 2, balance: 0 },
    ]);
  });

  test.each(['redis', 'fenced', 'row'] as const)('%s: waits for the pay, and undoes it completely', async (mode) => {
    expect(await overtake(mode)).toEqual([
      'paid',
      'cancelled',
      { id, name: 'Test', paid: false, version: 2, balance: 0 },
    ]);
  });

  test('version: undoes the charge, and the pay answers stale-write', async () => {
    expect(await overtake('version')).toEqual([
      '/problems/stale-write',
      'cancelled',
      { id, name: 'Test', paid: false, version: 1, balance: 0 },
    ]);
  });
});

test.each(['version', 'fenced'] as const)(
  '%s: the cancel that has refunded is the one that has cancelled',
  async (mode) => {
    const headers = { 'x-lock-mode': mode };
    await post('pay', { headers });
    const held = await heldRequest(id, { headers, command: 'cancel', before: 'write' });
    expect((await post('cancel', { headers, json: { amount: 100 } })).body.status).toBe('nothing_to_cancel');
    expect((await held.resume()).body.status).toBe('cancelled');
    expect(await user()).toMatchObject({ paid: false, balance: 0 });
  },
);

describe('an unfinished request says who finishes it', () => {
  const outcome = { outcome: 'unfinished', cause: new Error('the write was not answered') } as const;

  /** @returns the problem's detail, from routes whose payments are always unfinished. */
  async function detailOf(headers: Record<string, string>, reconciles: boolean): Promise<string> {
    const mode = { name: 'none' } as LockMode;
    const app = express().use(
      paymentRoutes({
        serviceFor: () => ({ execute: async () => outcome }),
        users: { find: async () => undefined, list: async () => [] },
        modes: {} as LockModes,
        defaultMode: mode,
        lab: undefined,
        inFlight: createInFlight(),
        requiresKey: false,
        reconciles,
        maxInFlight: 1,
      }),
      answerErrors(createLog({ instance: 'test', level: 'silent' })),
    );
    await using server = await startLocalServer(app);
    const { status, body } = await sendPayment('pay', 7, { url: server.url, headers });
    expect([status, body.type]).toEqual([503, '/problems/unfinished']);
    return body.detail;
  }

  test.each([
    [{}, false, 'The request may be half done. The reconcile job only reports it here.'],
    [{}, true, 'The request may be half done. The reconcile job finishes or undoes what was begun.'],
    [
      { 'idempotency-key': 'k' },
      true,
      /sent again with its key, finishes it\. The reconcile job finishes or undoes what was begun\.$/,
    ],
  ] as const)('%j, reconcile repairs: %s', async (headers, reconciles, detail) => {
    expect(await detailOf(headers, reconciles)).toMatch(detail);
  });
});

test('an instance that has enough to do refuses more, and does nothing', async () => {
  await using instance = await readyInstance({ LAB: 'on', LOCK_MODE: 'none', MAX_IN_FLIGHT: '1' });
  const [first, second] = [await newUser(), await newUser()];
  const held = await heldRequest(first, { url: instance.url });
  const pay = () => sendPayment('pay', second, { url: instance.url });
  const { status, headers, body } = await pay();
  expect([status, body.type, headers.get('retry-after')]).toEqual([503, '/problems/unavailable', '1']);
  expect((await call(`/users/${second}`)).body).toMatchObject({ paid: false, balance: 0 });
  expect((await held.resume(testStack().url)).body.status).toBe('paid');
  expect((await pay()).body.status).toBe('paid');
});
