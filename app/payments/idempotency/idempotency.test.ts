import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { createStatements } from '../../database/statements.ts';
import { type Call, call, heldRequest, newUser, sendPayment } from '../../testing/client.ts';
import { readyInstance, spawnInstance, untilReady } from '../../testing/instance.ts';
import { busy, keyedRequests, lost, withoutWrite } from '../../testing/keyed-requests.ts';
import { sectionFor, sharedModes } from '../../testing/lock-modes.ts';
import { sharedDb } from '../../testing/shared.ts';
import { soon, until } from '../../testing/until.ts';
import type { Processor } from '../processor.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';

const db = sharedDb();
const { here } = await sharedModes();
let userId: number;
let key: string;
beforeEach(async () => {
  userId = await newUser();
  key = randomUUID();
});

function send(command: 'pay' | 'cancel', { key: own = key, headers, ...rest }: Call & { readonly key?: string } = {}) {
  return sendPayment(command, userId, { headers: { 'idempotency-key': own, ...headers }, ...rest });
}
const charges = () => db('charges').where({ user_id: userId });
const user = async () => (await call(`/users/${userId}`)).body;

test('treats a quoted and a bare key as equal; keys belong to one user', async () => {
  await send('pay', { key: `"${key}"` });
  expect((await send('pay')).headers.get('idempotent-replayed')).toBe('true');
  userId = await newUser();
  expect((await send('pay')).headers.get('idempotent-replayed')).toBeNull();
});

test('refuses a key that was sent with another command or amount', async () => {
  await send('pay');
  for (const answer of [await send('pay', { json: { amount: 9900 } }), await send('cancel')]) {
    expect([answer.status, answer.body.type]).toEqual([422, '/problems/idempotency-key-reused']);
  }
  expect(await user()).toMatchObject({ paid: true, balance: 4900 });
});

test.each(['', '""', '"open', 'with space', 'ümlaut', 'x'.repeat(256), 'a, b'])(
  'refuses the malformed key %j',
  async (own) => {
    const { status, body } = await send('pay', { key: Buffer.from(own, 'utf8').toString('latin1') });
    expect([status, body.errors?.[0].field]).toEqual([400, 'Idempotency-Key']);
    expect(await charges()).toEqual([]);
  },
);

test('executes concurrent requests with one key once', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => send('pay')));
  const statuses = answers.map(({ status, body }) => (status === 200 ? body.status : body.type)).sort();
  expect(statuses.filter((status) => status === 'paid').length).toBeGreaterThan(0);
  expect(new Set(statuses.filter((status) => status !== 'paid'))).toEqual(
    statuses.every((status) => status === 'paid') ? new Set() : new Set(['/problems/idempotency-key-in-use']),
  );
  expect(await charges()).toHaveLength(1);
});

test('answers key-in-use with Retry-After while the first request is in progress', async () => {
  await using instance = await readyInstance({ LAB: 'on', IDEMPOTENCY_LEASE_MS: '100000' });
  const first = await heldRequest(userId, { url: instance.url, headers: { 'idempotency-key': key } });
  const second = await send('pay');
  expect([second.status, second.body.type]).toEqual([409, '/problems/idempotency-key-in-use']);
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
  const { body } = await first.resume();
  expect(body.status).toBe('paid');
  expect((await send('pay')).body).toEqual(body);
});

test('requires a key where it is configured', async () => {
  await using instance = await readyInstance({ IDEMPOTENCY: 'required' });
  const { status, body } = await sendPayment('pay', userId, { url: instance.url });
  expect([status, body.type, body.detail]).toEqual([
    400,
    '/problems/idempotency-key-missing',
    'Idempotency-Key is required here',
  ]);
  expect((await send('pay', { url: instance.url })).status).toBe(200);
  const { paths } = (await call('/openapi.json', { url: instance.url })).body;
  expect(paths['/users/{id}/pay'].post.parameters).toContainEqual(
    expect.objectContaining({ name: 'Idempotency-Key', required: true }),
  );
});

test('executes the next try after lock-busy', async () => {
  await using instance = await readyInstance({ LOCK_MODE: 'redis', LOCK_WAIT_MS: '0' });
  await here.modes.redis.guard(sectionFor({ key: `PAYMENT_${userId}_4900`, userId }), async () => {
    expect((await send('pay', { url: instance.url })).body.type).toBe('/problems/lock-busy');
  });
  const next = await send('pay', { url: instance.url });
  expect([next.body.status, next.headers.get('idempotent-replayed')]).toEqual(['paid', null]);
});

test('a retry finishes a pay with one charge, whichever step its instance was killed before', async () => {
  const diedBefore: [step: string, userId: number][] = [];
  {
    await using dying = await spawnInstance({ LAB: 'on', LOCK_MODE: 'version', IDEMPOTENCY_LEASE_MS: '300' });
    await untilReady(dying);
    const answers: Promise<unknown>[] = [];
    for (const before of ['read', 'act', 'write'] as const) {
      const id = await newUser();
      diedBefore.push([before, id]);
      const { answer } = await heldRequest(id, { url: dying.url, headers: { 'idempotency-key': key }, before });
      answers.push(answer.catch(() => 'lost'));
    }
    dying.process.kill('SIGKILL');
    expect(await Promise.all(answers)).toEqual(['lost', 'lost', 'lost']);
  }
  for (const [step, id] of diedBefore) {
    userId = id;
    const finished = async () => {
      const answer = await send('pay', { headers: { 'x-lock-mode': 'version' } });
      return answer.status !== 409 && answer;
    };
    const answer = await until('its lease is over', finished, soon);
    expect(answer.body, step).toMatchObject({ status: 'paid', amount: 4900 });
    expect(await charges(), step).toHaveLength(1);
    expect(await user(), step).toMatchObject({ paid: true, balance: 4900 });
  }
});

test.each(['pay', 'cancel'] as const)('a key costs a %s two statements, and the replay two', async (kind) => {
  const sent: string[] = [];
  const { select, selectCurrent, change, text } = createStatements(db, 30_000);
  const firstWord = (sql: string) => sql.slice(0, sql.indexOf(' '));
  const execute = keyedRequests({
    selectCurrent,
    select: (sql, values) => {
      sent.push(firstWord(sql));
      return select(sql, values);
    },
    change: (sql, values) => {
      sent.push(firstWord(sql));
      return change(sql, values);
    },
    text,
  });
  const request = { userId, key, mode: here.modes.none, processor: here.processor };
  const answer = { pay: 'paid', cancel: 'nothing_to_cancel' }[kind];
  expect(await execute(kind, request)).toMatchObject({ answer });
  expect(sent).toEqual(['INSERT', 'UPDATE']);
  expect(await execute(kind, request)).toMatchObject({ answer, replayOf: {} });
  expect(sent.slice(2)).toEqual(['INSERT', 'SELECT']);
});

test('a stale write is answered the same to a retry', async () => {
  const version = { 'x-lock-mode': 'version' };
  const headers = { ...version, 'idempotency-key': key, 'x-request-id': 'first' };
  const held = await heldRequest(userId, { headers, before: 'write' });
  await send('cancel', { key: randomUUID(), headers: version });
  const first = await held.resume();
  expect([first.status, first.body.type]).toEqual([409, '/problems/stale-write']);
  const again = await send('pay', { headers: { ...version, 'x-request-id': 'second' } });
  expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([409, first.body, 'true']);
});

test('a retry of a pay that was recorded, cancelled and never answered says that it was refunded', async () => {
  await send('pay');
  await db('idempotency_keys').where({ user_id: userId, idempotency_key: key }).update({ answer: null });
  await send('cancel', { key: randomUUID() });
  const { status, body } = await send('pay');
  expect([status, body.type]).toEqual([409, '/problems/stale-write']);
  expect(body.detail).toBe('The charge was refunded before the payment was answered.');
});

test('a renewal that arrives after the release does not block the next try', async () => {
  const keys = createIdempotencyKeys(createStatements(db, 30_000), { instance: 'test', leaseMs: 300_000 });
  const request = { userId, key, kind: 'pay', amount: 4900, requestId: 'r' } as const;
  const first = await keys.claim(request);
  if (first.outcome !== 'claimed') throw new Error(first.outcome);
  await first.claim.release(false);
  expect(await first.claim.renew()).toBe(false);
  expect(await keys.claim(request)).toMatchObject({ outcome: 'claimed', claim: { isRecovery: true } });
});

test('after an execution that has done nothing, the next one is the first again', async () => {
  const execute = keyedRequests(createStatements(db, 30_000));
  const request = { userId, key, processor: here.processor };
  for (let tries = 0; tries < 3; tries++) {
    const refused = await execute('pay', { ...request, mode: busy(here.modes.none) });
    expect(refused).toEqual({ outcome: 'lock-busy', retryAfterMs: 1 });
  }
  await execute('pay', { ...request, key: randomUUID(), mode: here.modes.none });
  expect(await execute('pay', { ...request, mode: here.modes.none })).toMatchObject({ answer: 'already_paid' });
  expect(await charges()).toHaveLength(1); // of the other key
});

test('a charge that arrives after its request has given it up is taken back', async () => {
  const execute = keyedRequests(createStatements(db, 30_000));
  const request = { userId, key, mode: here.modes.none };
  const underWay: (() => Promise<unknown>)[] = [];
  const givesUp: Processor = {
    ...here.processor,
    charge(...charge) {
      underWay.push(() => here.processor.charge(...charge));
      return Promise.reject(lost());
    },
  };
  expect(await execute('pay', { ...request, processor: givesUp })).toMatchObject({ outcome: 'unfinished' });
  await execute('pay', { ...request, processor: here.processor, key: randomUUID() });
  const retry = { ...request, processor: here.processor };
  expect(await execute('pay', retry)).toMatchObject({ answer: 'already_paid' });
  for (const arrive of underWay) await arrive();
  expect(await charges()).toHaveLength(2);
  expect(await user()).toMatchObject({ paid: true, balance: 4900 });
});

test('finishes an unfinished pay on the next try, without another charge', async () => {
  const { processor, modes } = here;
  const execute = keyedRequests(createStatements(db, 30_000));
  const request = { userId, key, processor, mode: modes.none };
  const unfinished = { outcome: 'unfinished', cause: lost() };
  expect(await execute('pay', { ...request, mode: withoutWrite(modes.none) })).toEqual(unfinished);
  expect(await execute('pay', request)).toEqual({ outcome: 'answered', answer: 'paid' });
  expect(await execute('pay', request)).toEqual({
    outcome: 'answered',
    answer: 'paid',
    replayOf: { requestId: 'r' },
  });
  expect(await charges()).toHaveLength(1);
});
