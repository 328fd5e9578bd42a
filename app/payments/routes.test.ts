import { randomUUID } from 'node:crypto';
import express from 'express';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerErrors } from '../http/errors.ts';
import { createInFlight } from '../http/in-flight.ts';
import type { LockMode, LockModes } from '../lock-modes/index.ts';
import { type LockModeName, lockModeNames, lockModeTraits } from '../lock-modes/registry.ts';
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
