import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { createStatements } from '../../database/statements.ts';
import { createRepairStore, repairUser } from '../../jobs/reconcile/repair.ts';
import type { LockMode } from '../../lock-modes/index.ts';
import { newUser } from '../../testing/client.ts';
import { interceptStatements } from '../../testing/intercept-statements.ts';
import { requestsOf, withLostAnswer, withoutWrite } from '../../testing/keyed-requests.ts';
import { sharedModes } from '../../testing/lock-modes.ts';
import { sharedDb } from '../../testing/shared.ts';
import type { Processor } from '../processor.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';
import { claimDead } from './repair-claim.ts';

const db = sharedDb();
const statements = createStatements(db, 30_000);
const { here } = await sharedModes();
let userId: number;
let key: string;
beforeEach(async () => {
  userId = await newUser();
  key = randomUUID();
});

const { execute, user } = requestsOf(() => userId, statements, here);

const repair = (mode: LockMode, processor: Pick<Processor, 'refund'> = here.processor, on = statements) =>
  repairUser(
    userId,
    {
      store: createRepairStore(on),
      processor,
      mode,
      lockKey: 'payment',
      lockWaitMs: 1000,
      afterMs: -1000,
    },
    { signal: new AbortController().signal, log: pino({ level: 'silent' }) },
  );

test.each(['version', 'fenced'] as const)(
  '%s: the retry of a cancel that reconcile has finished cancels no newer payment',
  async (name) => {
    const mode = here.modes[name];
    await execute('pay', { key: 'p1', mode });
    expect(await execute('cancel', { key, mode: withoutWrite(mode) })).toMatchObject({ outcome: 'unfinished' });
    expect((await repair(mode)).done).toHaveLength(1);
    expect(await execute('pay', { key: 'p2', mode })).toMatchObject({ answer: 'paid' });
    expect(await execute('cancel', { key, mode })).toMatchObject({ answer: 'cancelled' });
    expect(await user()).toEqual({ paid: true, balance: 4900 });
  },
);

test.each(['version', 'serializable', 'conditional'] as const)(
  '%s: no retry gives access for a charge that reconcile is refunding',
  async (name) => {
    const mode = here.modes[name];
    expect(await execute('pay', { key, mode: withoutWrite(mode) })).toMatchObject({ outcome: 'unfinished' });
    await execute('pay', { key: 'p2', mode, amount: 9900 });
    const answers: unknown[] = [];
    const refund: Processor['refund'] = async (id, by) => {
      answers.push(await execute('cancel', { key: 'c2', mode, amount: 9900 }), await execute('pay', { key, mode }));
      return here.processor.refund(id, by);
    };
    await repair(mode, { refund });
    expect(answers).toMatchObject([{ answer: 'cancelled' }, { outcome: 'key-in-use' }]);
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await execute('pay', { key, mode })).toMatchObject({ answer: 'paid' });
    expect(await user()).toEqual({ paid: true, balance: 4900 });
  },
);

test('reconcile lets a retry go on that has taken over while it was refunding', async () => {
  const { version } = here.modes;
  await execute('pay', { key, mode: withoutWrite(version) });
  const [{ execution_id: id }] = await db('idempotency_keys').where({ idempotency_key: key });
  const claim = await claimDead(statements, id);
  expect(await claim?.endPass(1)).toBe(true);
  const expire = () => db('idempotency_keys').where({ idempotency_key: key }).update({ leased_until: null });
  await expire();
  const keys = createIdempotencyKeys(statements, { instance: 'test', leaseMs: 10_000 });
  const request = { kind: 'pay', amount: 4900, userId, key, requestId: 'r' } as const;
  expect(await keys.claim(request)).toMatchObject({ outcome: 'claimed', claim: { id, pass: 2 } });
  expect(await claimDead(statements, id)).toBeUndefined();
  expect(await claim?.endPass(1)).toBe(false);
  await claim?.release();
  expect(await keys.claim(request)).toMatchObject({ outcome: 'key-in-use' });
});

test('reconcile refunds no charge for which a retry has given access just before', async () => {
  const { version } = here.modes;
  await execute('pay', { key, mode: withoutWrite(version) });
  await execute('pay', { key: 'p2', amount: 9900 });
  let hasRetried = false;
  const late = interceptStatements(statements, /^SELECT attempt/, async (run) => {
    if (!hasRetried) {
      hasRetried = true;
      await execute('cancel', { key: 'c2', amount: 9900 });
      expect(await execute('pay', { key, mode: withLostAnswer(version) })).toMatchObject({ outcome: 'unfinished' });
    }
    return run();
  });
  expect(await repair(version, here.processor, late)).toEqual({ done: [] });
  expect([hasRetried, await user()]).toEqual([true, { paid: true, balance: 4900 }]);
  expect(await execute('pay', { key })).toMatchObject({ answer: 'paid' });
  expect(await user()).toEqual({ paid: true, balance: 4900 });
});

test('reconcile gives no access for a charge that a retry was about to take back', async () => {
  await execute('pay', { key, mode: withoutWrite(here.modes.version) });
  await execute('pay', { key: 'p2', amount: 9900 });
  const refund = () => Promise.reject(new Error('the processor does not answer'));
  expect(await execute('pay', { key, processor: { ...here.processor, refund } })).toMatchObject({
    outcome: 'unfinished',
  });
  await execute('cancel', { key: 'c2', amount: 9900 });
  await repair(here.modes.version);
  expect(await user()).toEqual({ paid: false, balance: 0 });
  expect(await execute('pay', { key })).toMatchObject({ answer: 'paid' });
  expect(await user()).toEqual({ paid: true, balance: 4900 });
});

test('reconcile gives no access for a charge that a retry is taking back', async () => {
  await execute('pay', { key, mode: withoutWrite(here.modes.version) });
  await execute('pay', { key: 'p2', amount: 9900 });
  const repairs: unknown[] = [];
  const refund: Processor['refund'] = async (id, by) => {
    await execute('cancel', { key: 'c2', amount: 9900 });
    repairs.push(await repair(here.modes.version));
    return here.processor.refund(id, by);
  };
  const retry = await execute('pay', { key, processor: { ...here.processor, refund } });
  expect(retry).toMatchObject({ answer: 'already_paid' });
  expect(repairs).toEqual([{ done: [], postponed: 'a request with its key is in progress' }]);
  expect(await user()).toEqual({ paid: false, balance: 0 });
});

test('a retry keeps a charge that pays for the access, even if its pass was ended', async () => {
  expect(await execute('pay', { key, mode: withLostAnswer(here.modes.version) })).toMatchObject({
    outcome: 'unfinished',
  });
  await db('idempotency_keys').where({ idempotency_key: key }).update({ pass: 2 });
  expect(await execute('pay', { key })).toMatchObject({ answer: 'paid' });
  expect(await user()).toEqual({ paid: true, balance: 4900 });
});

test.each(['version', 'fenced'] as const)(
  '%s: reconcile finishes the cancel of the access, not the request that refunded last',
  async (name) => {
    const mode = here.modes[name];
    await execute('pay', { key, mode: withoutWrite(mode) });
    await execute('pay', { key: 'p2', mode, amount: 9900 });
    const cancel = { key: 'c2', amount: 9900 };
    expect(await execute('cancel', { ...cancel, mode: withoutWrite(mode) })).toMatchObject({ outcome: 'unfinished' });
    expect(await execute('pay', { key, mode })).toMatchObject({ answer: 'already_paid' });
    await repair(mode);
    expect(await execute('cancel', { ...cancel, mode })).toMatchObject({ answer: 'cancelled' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  },
);
