import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createStatements } from '../../database/statements.ts';
import { newUser, sendPayment } from '../../testing/client.ts';
import { spawnInstance, untilReady } from '../../testing/instance.ts';
import { interceptStatements } from '../../testing/intercept-statements.ts';
import { busy, requestsOf, withLostAnswer, withoutWrite } from '../../testing/keyed-requests.ts';
import { hold, sectionFor, sharedModes } from '../../testing/lock-modes.ts';
import { sharedDb } from '../../testing/shared.ts';
import { soon, until } from '../../testing/until.ts';
import { withResolvers } from '../../testing/with-resolvers.ts';
import { createProcessor, type Processor } from '../processor.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';

// A late retry meets a frozen execution or a pruned key; reconciled-retries.test.ts has those that meet the reconcile job.

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
const prune = () => db('idempotency_keys').where({ user_id: userId }).delete();
const refusedConnection = () =>
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

test('takes back what an execution charges after the retry was answered already_paid', async () => {
  const [frozen, thawed] = [withResolvers(), withResolvers()];
  const slow: Processor = {
    ...here.processor,
    async charge(...args) {
      frozen.resolve();
      await thawed.promise;
      return here.processor.charge(...args);
    },
  };
  const late = execute('pay', { key, processor: slow });
  await frozen.promise;
  await db('idempotency_keys')
    .where({ user_id: userId })
    .update({ leased_until: db.raw('NOW(6)') });
  expect(await execute('pay', { amount: 9900 })).toMatchObject({ answer: 'paid' });
  expect(await execute('pay', { key })).toMatchObject({ answer: 'already_paid' });
  thawed.resolve();
  expect(await late).toMatchObject({ outcome: 'key-in-use' });
  expect(await user()).toEqual({ paid: true, balance: 9900 });
  expect(await execute('pay', { key })).toMatchObject({ answer: 'already_paid', replayOf: {} });
});

// One frozen instance for three users.
test('an execution frozen past its lease charges, refunds and writes nothing', async () => {
  const env = { LAB: 'on', LOCK_WAIT_MS: '60000', LOCK_TTL_MS: '1000', IDEMPOTENCY_LEASE_MS: '300' };
  await using frozen = await spawnInstance(env);
  await untilReady(frozen);
  const { redis, fenced } = here.modes;
  const late = { redis: await newUser(), fenced: await newUser(), cancel: await newUser() };
  const as = (id: number, ...request: Parameters<typeof execute>) => {
    userId = id;
    return execute(...request);
  };
  await as(late.cancel, 'pay', { key: 'p1', mode: fenced });

  /** A request of a user that waits for its lock in the frozen instance, whose lock is free when that is frozen. */
  async function begin(id: number, mode: 'redis' | 'fenced', kind: 'pay' | 'cancel') {
    const send = (url?: string) =>
      sendPayment(kind, id, { headers: { 'idempotency-key': key, 'x-lock-mode': mode }, url });
    const held = await hold(here.modes[mode], sectionFor({ key: `PAYMENT_${id}_4900`, userId: id }));
    const first = send(frozen.url);
    const keyOf = db('idempotency_keys').where({ idempotency_key: key, user_id: id });
    await until('the key is claimed', async () => (await keyOf.clone()).length === 1, soon);
    const retried = async () => {
      const answer = await send();
      return answer.status === 200 && answer.body.status;
    };
    return { leave: () => held.leave(), first, retry: () => until('the retry is answered', retried, soon) };
  }
  const begun = [
    await begin(late.redis, 'redis', 'pay'),
    await begin(late.fenced, 'fenced', 'pay'),
    await begin(late.cancel, 'fenced', 'cancel'),
  ];
  frozen.process.kill('SIGSTOP');
  for (const { leave } of begun) await leave();
  expect(await Promise.all(begun.map(({ retry }) => retry()))).toEqual(['paid', 'paid', 'cancelled']);
  await as(late.redis, 'cancel', { key: 'c', mode: redis });
  await as(late.fenced, 'cancel', { key: 'c', mode: fenced });
  await as(late.cancel, 'pay', { key: 'p2', mode: fenced });
  frozen.process.kill('SIGCONT');
  const answers = await Promise.all(begun.map(async ({ first }) => (await first).body.type));
  expect(answers, frozen.output()).toEqual(Array(3).fill('/problems/idempotency-key-in-use'));
  const balances: unknown[] = [];
  for (userId of Object.values(late)) balances.push(await user());
  const unpaid = { paid: false, balance: 0 };
  expect(balances).toEqual([unpaid, unpaid, { paid: true, balance: 4900 }]); // the newer payment is not refunded
});

test('only one of two cancels has cancelled, also if the other one finishes twice', async () => {
  const { version } = here.modes;
  await execute('pay', { key: 'p' });
  expect(await execute('cancel', { key, mode: withoutWrite(version) })).toMatchObject({ outcome: 'unfinished' });
  expect(await execute('cancel', {})).toMatchObject({ answer: 'cancelled' });
  expect(await execute('cancel', { key, mode: withLostAnswer(version) })).toMatchObject({ outcome: 'unfinished' });
  expect(await execute('cancel', { key })).toMatchObject({ answer: 'nothing_to_cancel' });
});

test('the retry of a cancel does not cancel what was paid after its refund', async () => {
  const { version } = here.modes;
  await execute('pay', { key: 'p1' });
  expect(await execute('cancel', { key, mode: withoutWrite(version) })).toMatchObject({ outcome: 'unfinished' });
  expect(await execute('cancel', {})).toMatchObject({ answer: 'cancelled' });
  expect(await execute('pay', { key: 'p2' })).toMatchObject({ answer: 'paid' });
  expect(await execute('cancel', { key })).toMatchObject({ answer: 'nothing_to_cancel' });
  expect(await user()).toEqual({ paid: true, balance: 4900 });
});

describe('a key that was pruned is a new key', () => {
  test('pays anew, also another amount', async () => {
    await execute('pay', { key });
    await execute('cancel', { key: 'c' });
    await prune();
    expect(await execute('pay', { key, amount: 9900 })).toMatchObject({ answer: 'paid' });
    expect(await user()).toEqual({ paid: true, balance: 9900 });
  });

  test('cancels anew', async () => {
    await execute('pay', { key: 'p1' });
    await execute('cancel', { key });
    await prune();
    await execute('pay', { key: 'p2' });
    expect(await execute('cancel', { key, mode: busy(here.modes.version) })).toMatchObject({ outcome: 'lock-busy' });
    expect(await execute('cancel', { key })).toMatchObject({ answer: 'cancelled' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});

test('refuses a key that ends in a space, which the database would ignore', async () => {
  const headers = { 'idempotency-key': `"${key} "` };
  const { status, body } = await sendPayment('pay', userId, { headers });
  expect([status, body.errors]).toMatchObject([400, [{ detail: expect.stringContaining('no space at either end') }]]);
});

test('a take-over begins with the pass that is stored by then', async () => {
  await execute('pay', { key, mode: withoutWrite(here.modes.version) });
  let isLate = true;
  const late = interceptStatements(statements, /attempt = attempt \+ 1/, async (run) => {
    if (isLate) {
      isLate = false; // the dead execution's statement arrives
      await db('idempotency_keys').where({ idempotency_key: key }).update({ pass: 2 });
    }
    return run();
  });
  const keys = createIdempotencyKeys(late, { instance: 'test', leaseMs: 10_000 });
  const claimed = await keys.claim({ kind: 'pay', amount: 4900, userId, key, requestId: 'r' });
  expect(claimed).toMatchObject({ outcome: 'claimed', claim: { pass: 2 } });
});

test('leases and the order of the ledger do not depend on the server’s time zone', async () => {
  expect(await statements.select('SELECT @@session.time_zone AS zone')).toEqual([{ zone: '+00:00' }]);
});

describe('answers unfinished, not that nothing was done', () => {
  const begins = [/^SELECT execution_id/, /^UPDATE idempotency_keys SET attempt/];
  test.each(begins)('when %s is not answered to a retry', async (begin) => {
    await execute('pay', { key, mode: withoutWrite(here.modes.version) });
    const broken = interceptStatements(statements, begin, () => Promise.reject(refusedConnection()));
    const late = requestsOf(() => userId, broken, here);
    expect(await late.execute('pay', { key })).toMatchObject({ outcome: 'unfinished' });
    expect(await execute('pay', { key })).toMatchObject({ answer: 'paid' });
    expect(await user()).toEqual({ paid: true, balance: 4900 });
  });

  test('when a charge took effect, and the next try was never sent', async () => {
    let calls = 0;
    const late = interceptStatements(statements, /^INSERT/, (run) =>
      calls++ === 0 ? run() : Promise.reject(refusedConnection()),
    );
    const processor = createProcessor(late, { instance: 'test', gatewayMs: 0, lostAnswers: 1 });
    expect(await execute('pay', { processor })).toMatchObject({ outcome: 'unfinished' });
    expect(await user()).toEqual({ paid: false, balance: 4900 });
  });

  test('when of two refunds one was never sent and one is unknown', async () => {
    for (const id of ['a', 'b']) {
      await here.processor.charge(userId, 4900, { attempt: { id, requestId: id }, key: randomUUID() });
    }
    let calls = 0;
    const refund: Processor['refund'] = async (id, by) => {
      if (calls++ === 0) throw refusedConnection();
      await here.processor.refund(id, by);
      throw Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
    };
    expect(await execute('cancel', { processor: { ...here.processor, refund } })).toMatchObject({
      outcome: 'unfinished',
    });
  });

  test('when the retry of an unfinished pay does not get the lock', async () => {
    const { version } = here.modes;
    expect(await execute('pay', { key, mode: withoutWrite(version) })).toMatchObject({ outcome: 'unfinished' });
    expect(await execute('pay', { key, mode: busy(version) })).toMatchObject({ outcome: 'unfinished' });
    expect(await execute('pay', { key })).toMatchObject({ answer: 'paid' });
    expect(await user()).toEqual({ paid: true, balance: 4900 });
  });
});
