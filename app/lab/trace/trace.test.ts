import { randomUUID } from 'node:crypto';
import knex from 'knex';
import { beforeEach, describe, expect, test } from 'vitest';
import { type LockModeName, lockModeNames, lockModeTraits } from '../../lock-modes/registry.ts';
import { call, heldRequest, newUser, sendPayment, stepped } from '../../testing/client.ts';
import { type EventStream, listen } from '../../testing/event-stream.ts';
import { readyInstance } from '../../testing/instance.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { testStack } from '../../testing/stack.ts';
import type { TraceEvent } from './event.ts';

const redis = sharedRedis();
let trace: string;
let userId: number;
beforeEach(async () => {
  trace = randomUUID();
  userId = await newUser();
});

const traced = (requestId: string) => ({
  'x-lab-trace': trace,
  'x-request-id': requestId,
  'x-lock-mode': 'none',
  'x-gateway-ms': '0',
});
function send(command: 'pay' | 'cancel', requestId: string, headers: Record<string, string> = {}, url?: string) {
  return sendPayment(command, userId, { url, headers: { ...traced(requestId), ...headers } });
}
/** Waits until the one request of the session is held before that step. */
const isHeldAt = (session: string, heldBefore: string) =>
  expect.poll(async () => (await call(`/lab/steps/${session}`)).body.requests).toMatchObject([{ heldBefore }]);

const heldBeforeWrite = (command: 'pay' | 'cancel', requestId: string, mode: string) =>
  heldRequest(userId, { command, before: 'write', headers: { ...traced(requestId), 'x-lock-mode': mode } });
const user = async () => (await call(`/users/${userId}`)).body;
const listenHere = () => listen(`/lab/trace?trace=${trace}`);

/** What has come of one request by now. */
const of = (stream: EventStream, requestId: string): TraceEvent[] =>
  stream.events.map(({ data }) => data).filter((event) => event.requestId === requestId);

/** Waits for all of a request's events. */
async function eventsOf(stream: EventStream, requestId: string): Promise<TraceEvent[]> {
  await stream.until(() => of(stream, requestId).some(({ step }) => step === 'answered'));
  return of(stream, requestId);
}
const stepsOf = (events: readonly TraceEvent[]) => events.map(({ step }) => step);

const waits = (mode: LockModeName) => lockModeTraits[mode].excludes !== 'none';
const hasToken = (mode: LockModeName) => ['lease', 'token'].includes(lockModeTraits[mode].writeRequires);

describe.each(lockModeNames)('%s', (mode) => {
  test('records a pay step by step, with instance, time and what was read', async () => {
    await using stream = await listenHere();
    const sentAt = Date.now();
    const { headers } = await send('pay', 'p', { 'x-lock-mode': mode, 'x-gateway-ms': '40' });
    const answeredAt = Date.now();
    const events = await eventsOf(stream, 'p');
    const lock = { key: lockModeTraits[mode].excludes === 'user' ? `users row ${userId}` : `PAYMENT_${userId}_4900` };
    const token = hasToken(mode) ? { token: expect.stringMatching(/^\d+$/) } : {};
    const account = { paid: false, version: 0, openCharges: [] };
    const charge = { chargeId: expect.any(Number), gateway: 'charged' };
    const known = { trace, requestId: 'p', kind: 'pay', userId, amount: 4900, pass: 1, mode };
    const at = { instance: headers.get('x-instance'), wallMs: expect.any(Number), monoMs: expect.any(Number) };
    const step = (name: string, details: object = {}) => ({
      id: expect.stringMatching(/^\d+-\d+$/),
      ...known,
      ...at,
      step: name,
      tookMs: expect.any(Number),
      ...details,
    });
    expect(events).toEqual([
      step('arrived', { tookMs: 0 }),
      ...(waits(mode) ? [step('waiting', { tookMs: 0, ...lock }), step('granted', { ...lock, ...token })] : []),
      step('read', { saw: account }),
      step('decided', { tookMs: 0, decision: 'charge' }),
      step('charged', charge),
      step('written', { paid: true, readVersion: 0, overwrote: 0, ...token }),
      ...(waits(mode) ? [step('released', { ...lock, outcome: 'done' })] : []),
      step('answered', { tookMs: 0, outcome: 'paid', httpStatus: 200 }),
    ]);
    const { tookMs } = events.find((event) => event.step === 'charged') ?? { tookMs: 0 };
    expect(tookMs).toBeGreaterThan(38); // timers may be a little early
    for (const [index, event] of events.slice(1).entries()) {
      const before = events[index]?.monoMs ?? 0;
      expect(event.monoMs).toBeGreaterThanOrEqual(before);
      expect(event.monoMs - event.tookMs).toBeGreaterThanOrEqual(event.step === 'released' ? 0 : before - 0.001); // rounding
    }
    const span = events.at(-1)?.monoMs ?? 0;
    // An instance's wall clock goes by its monotonic one, from its start on: it may be off by what the machine's was set.
    const setByMs = 60_000;
    expect(events[0]?.wallMs).toBeGreaterThan(sentAt - setByMs);
    expect(events.at(-1)?.wallMs).toBeLessThan(answeredAt + setByMs);
    expect((events.at(-1)?.wallMs ?? 0) - (events[0]?.wallMs ?? 0)).toBeCloseTo(span - (events[0]?.monoMs ?? 0), 0);
    if (hasToken(mode)) expect(new Set(events.flatMap((event) => event.token ?? [])).size).toBe(1);
  });
});

test('traces a refund, and a decision to do nothing without act or write', async () => {
  await using stream = await listenHere();
  await send('cancel', 'nothing');
  expect(stepsOf(await eventsOf(stream, 'nothing'))).toEqual(['arrived', 'read', 'decided', 'answered']);
  expect(of(stream, 'nothing')[2]).toMatchObject({ decision: 'none' });
  expect(of(stream, 'nothing').at(-1)).toMatchObject({ outcome: 'nothing_to_cancel', httpStatus: 200 });
  await send('pay', 'p');
  const chargeId = (await eventsOf(stream, 'p')).find(({ step }) => step === 'charged')?.chargeId;
  await send('cancel', 'c');
  expect(await eventsOf(stream, 'c')).toMatchObject([
    { step: 'arrived' },
    { step: 'read', saw: { paid: true, version: 1, openCharges: [{ id: chargeId, amount: 4900 }] } },
    { step: 'decided', decision: 'refund' },
    { step: 'refunded', chargeId, gateway: 'refunded' },
    { step: 'written', paid: false, readVersion: 1, overwrote: 1 },
    { step: 'answered', outcome: 'cancelled' },
  ]);
});

test('none: a stale write shows the version that it overwrote', async () => {
  await using stream = await listenHere();
  const held = await heldBeforeWrite('pay', 'slow-pay', 'none');
  await send('cancel', 'cancel');
  await held.resume();
  const written = async (requestId: string) =>
    (await eventsOf(stream, requestId)).find(({ step }) => step === 'written');
  expect(await written('cancel')).toMatchObject({ paid: false, readVersion: 0, overwrote: 0 });
  expect(await written('slow-pay')).toMatchObject({ paid: true, readVersion: 0, overwrote: 1 });
  expect(await user()).toMatchObject({ paid: true, balance: 0 });
});

test('traces the refund and the next pass after a refused write', async () => {
  await using stream = await listenHere();
  const held = await heldBeforeWrite('pay', 'slow', 'version');
  await send('pay', 'fast', { 'x-lock-mode': 'version' });
  expect((await held.resume()).body.status).toBe('already_paid');
  expect((await eventsOf(stream, 'slow')).map(({ step, pass }) => `${step} ${pass}`)).toEqual([
    'arrived 1',
    'read 1',
    'decided 1',
    'charged 1',
    'refused 1',
    'refunded 1',
    'read 2',
    'decided 2',
    'answered 2',
  ]);
  expect(of(stream, 'slow').find(({ step }) => step === 'refused')).toMatchObject({ paid: true, readVersion: 0 });
});

test('traces the decision to clear the flag of a refunded payment', async () => {
  const db = knex({ client: 'mysql2', connection: testStack().mysqlUrl });
  try {
    await using stream = await listenHere();
    await send('pay', 'p');
    const held = await heldBeforeWrite('cancel', 'c', 'version');
    await db('charges').insert({ user_id: userId, amount: 100, request_id: 'rival', instance: 'test' });
    await db('users').where({ id: userId }).update({ version: 2, read_version: 1, request_id: 'another' });
    expect((await held.resume()).body.status).toBe('cancelled');
    const events = (await eventsOf(stream, 'c')).filter(({ step }) => step !== 'arrived' && step !== 'answered');
    expect(events).toMatchObject([
      { pass: 1, step: 'read' },
      { pass: 1, step: 'decided', decision: 'refund' },
      { pass: 1, step: 'refunded' },
      { pass: 1, step: 'refused', readVersion: 1 },
      { pass: 2, step: 'read', saw: { version: 2 } },
      { pass: 2, step: 'decided', decision: 'clear' },
      { pass: 2, step: 'written', paid: false, readVersion: 2, overwrote: 2 },
    ]);
  } finally {
    await db.destroy();
  }
});

test('traces no release without a grant', async () => {
  await using stream = await listenHere();
  await using hasty = await readyInstance({ LAB: 'on', LOCK_WAIT_MS: '100' });
  await redis.set(`PAYMENT_${userId}_4900`, 'a rival');
  await send('pay', 'p', { 'x-lock-mode': 'redis' }, hasty.url);
  const events = await eventsOf(stream, 'p');
  expect(stepsOf(events)).toEqual(['arrived', 'waiting', 'answered']);
  expect(events.at(-1)).toMatchObject({ outcome: 'lock-busy', httpStatus: 409 });
  await redis.del(`PAYMENT_${userId}_4900`);
});

test('a client that goes while it waits is answered nothing', async () => {
  await using stream = await listenHere();
  await redis.set(`PAYMENT_${userId}_4900`, 'a rival');
  const gone = new AbortController();
  const headers = { ...traced('p'), 'x-lock-mode': 'redis' };
  const answer = sendPayment('pay', userId, { headers, signal: gone.signal }).catch((error: Error) => error);
  await stream.until(() => of(stream, 'p').some(({ step }) => step === 'waiting'));
  gone.abort();
  expect(await answer).toBeInstanceOf(Error);
  const answered = (await eventsOf(stream, 'p')).at(-1);
  expect(answered).toMatchObject({ outcome: 'aborted' });
  expect(answered).not.toHaveProperty('httpStatus');
  await redis.del(`PAYMENT_${userId}_4900`);
});

test('reads a user who does not exist as null', async () => {
  userId = 4_000_000_000;
  await using stream = await listenHere();
  await send('pay', 'p');
  expect(await eventsOf(stream, 'p')).toMatchObject([
    { step: 'arrived' },
    { step: 'read', saw: null },
    { step: 'answered', outcome: 'unknown-user', httpStatus: 404 },
  ]);
});

test('holds do not count as part of a step’s time', async () => {
  await using stream = await listenHere();
  const session = randomUUID();
  const holdMs = 100;
  const answer = send('pay', 'p', stepped(session, 'p'));
  for (const heldBefore of ['read', 'act', 'write']) {
    await isHeldAt(session, heldBefore);
    const heldSince = performance.now();
    await expect.poll(() => performance.now() - heldSince).toBeGreaterThan(holdMs);
    if (heldBefore !== 'read') await stream.until(() => of(stream, 'p').some(({ step }) => step === 'decided'));
    if (heldBefore === 'act') expect(stepsOf(of(stream, 'p'))).toEqual(['arrived', 'read', 'decided']);
    await call(`/lab/steps/${session}/release`, { json: { requestId: 'p' } });
  }
  expect((await answer).headers.get('x-lab-steps')).toBe('step-by-step');
  const events = await eventsOf(stream, 'p');
  expect(stepsOf(events)).toEqual(['arrived', 'read', 'decided', 'charged', 'written', 'answered']);
  const [arrived, read] = events;
  expect((read?.monoMs ?? 0) - (arrived?.monoMs ?? 0)).toBeGreaterThan(holdMs);
  const inAll = (events.at(-1)?.monoMs ?? 0) - (arrived?.monoMs ?? 0);
  const inSteps = events.reduce((sum, { tookMs }) => sum + tookMs, 0);
  expect(inSteps).toBeLessThan(inAll - 3 * holdMs);
});

test('a request without the header leaves no trace', async () => {
  await using instance = await readyInstance({ LAB: 'on' }); // its events come in the order of its requests
  const { url } = instance;
  await using all = await listen('/lab/trace', { url });
  for (const command of ['pay', 'cancel', 'pay'] as const) {
    await sendPayment(command, userId, { url, headers: { 'x-lock-mode': 'redis' } });
  }
  await send('cancel', 'last', {}, url);
  await eventsOf(all, 'last');
  const traced = all.events.filter(({ data }) => data.userId === userId).map(({ data }) => data.requestId);
  expect(new Set(traced)).toEqual(new Set(['last']));
});

test('the header must be a name', async () => {
  const { status, body } = await send('pay', 'p', { 'x-lab-trace': 'a b' });
  const detail = 'must be 1 to 64 of letters, digits, ".", "_" and "-"';
  expect([status, body.errors]).toEqual([400, [{ field: 'X-Lab-Trace', detail }]]);
  expect(await user()).toMatchObject({ paid: false, balance: 0 });
});

test('an event lists few of a user’s open charges, and says how many more there are', async () => {
  await using stream = await listenHere();
  const db = knex({ client: 'mysql2', connection: testStack().mysqlUrl });
  const charge = { user_id: userId, amount: 100, request_id: 'many', instance: 'test' };
  await db('charges').insert(Array.from({ length: 2000 }, () => ({ ...charge, processor_key: randomUUID() })));
  await db.destroy();
  await send('cancel', 'many');
  await stream.until((events) => events.some(({ data }) => data.step === 'answered'));
  const read = stream.events.find(({ data }) => data.step === 'read')?.data;
  expect([read.saw.openCharges.length, read.saw.moreOpenCharges]).toEqual([20, 1980]);
  for (const { data } of stream.events) expect(JSON.stringify(data).length).toBeLessThan(2500);
});
