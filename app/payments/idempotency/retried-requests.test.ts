import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../database/open.ts';
import { createStatements, type Statements } from '../../database/statements.ts';
import { repairUser } from '../../jobs/reconcile/repair.ts';
import type { LockMode } from '../../lock-modes/index.ts';
import { call, newUser } from '../../testing/client.ts';
import { spawnInstance, untilReady } from '../../testing/instance.ts';
import { hold, openModes, sectionFor, type TestModes } from '../../testing/lock-modes.ts';
import { testStack } from '../../testing/stack.ts';
import { soon, until } from '../../testing/until.ts';
import { createProcessor, type Processor } from '../processor.ts';
import { createPaymentService } from '../service.ts';
import { createIdempotencyKeys, endPassOfDead } from './idempotency-keys.ts';
import { createRecovery } from './recovery.ts';

// A late retry meets a frozen execution, a pruned key, the reconcile job, or a newer payment.

let db: Knex;
let statements: Statements;
let here: TestModes;
let userId: number;
let key: string;
beforeAll(async () => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 6, timeoutMs: 30_000, say: () => {} });
  statements = createStatements(db, 30_000);
  here = await openModes({ lockTtlMs: 100_000 });
});
afterAll(() => Promise.all([here?.close(), db?.destroy()]));
beforeEach(async () => {
  userId = await newUser();
  key = randomUUID();
});

const user = async () => {
  const { paid, balance } = (await call(`/users/${userId}`)).body;
  return { paid, balance };
};
const prune = () => db('idempotency_keys').where({ user_id: userId }).delete();
const refusedConnection = () =>
  Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

interface Executed {
  readonly key?: string | undefined;
  readonly mode?: LockMode;
  readonly amount?: number;
  readonly processor?: Processor;
}
function execute(kind: 'pay' | 'cancel', { mode = here.modes.version, amount = 4900, ...more }: Executed) {
  const { processor = here.processor } = more;
  const idempotency = {
    keys: createIdempotencyKeys(statements, { instance: 'test', leaseMs: 10_000 }),
    recovery: createRecovery(statements),
  };
  const { signal } = new AbortController();
  const request = { kind, userId, amount, requestId: 'r', idempotencyKey: more.key, mode, signal };
  return createPaymentService({ processor, lockKey: 'payment', lockWaitMs: 1000, idempotency }).execute(request);
}

type Guard = LockMode['guard'];
/** A mode whose write of the flag never arrives. */
const withoutWrite = (mode: LockMode): LockMode => {
  const lost = Object.assign(new Error('lost'), { code: 'ECONNRESET' });
  const guard = ((section, work) =>
    mode.guard(section, (account) => work({ ...account, write: () => Promise.reject(lost) }))) as Guard;
  return { ...mode, guard };
};
const busy = (mode: LockMode): LockMode => ({
  ...mode,
  guard: (async () => ({ outcome: 'busy', retryAfterMs: 1 })) as Guard,
});

const repair = (mode: LockMode, processor: Pick<Processor, 'refund'> = here.processor) =>
  repairUser(
    userId,
    { statements, processor, mode, lockKey: 'payment', lockWaitMs: 1000, afterMs: -1000 },
    { signal: new AbortController().signal, log: pino({ level: 'silent' }) },
  );

describe('an execution that is frozen past its lease on the key', () => {
  /** Freezes `kind` while it waits for the lock, has it retried, runs `then`, and lets the first go on. */
  async function freeze(mode: 'redis' | 'fenced', kind: 'pay' | 'cancel', then: () => Promise<unknown>) {
    const env = { LAB: 'on', LOCK_MODE: mode, LOCK_WAIT_MS: '60000', LOCK_TTL_MS: '1000', IDEMPOTENCY_LEASE_MS: '300' };
    await using frozen = await spawnInstance(env);
    await untilReady(frozen);
    const send = (url?: string) =>
      call(`/users/${userId}/${kind}`, {
        json: { amount: 4900 },
        headers: { 'idempotency-key': key, 'x-lock-mode': mode },
        ...(url && { url }),
      });
    const held = await hold(here.modes[mode], sectionFor({ key: `PAYMENT_${userId}_4900`, userId }));
    const first = send(frozen.url);
    const waits = async () => (await db('idempotency_keys').where({ idempotency_key: key })).length === 1;
    await until('the key is claimed', waits, soon);
    frozen.process.kill('SIGSTOP');
    await held.leave();
    const retried = await until(
      'the retry is answered',
      async () => {
        const answer = await send();
        return answer.status === 200 && answer.body.status;
      },
      soon,
    );
    await then();
    frozen.process.kill('SIGCONT');
    return { retried, first: (await first).body.type };
  }

  test.each(['redis', 'fenced'] as const)('%s: a pay charges nothing and gives no access', async (mode) => {
    const result = await freeze(mode, 'pay', () => execute('cancel', { key: 'c', mode: here.modes[mode] }));
    expect(result).toEqual({ retried: 'paid', first: '/problems/idempotency-key-in-use' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });

  test('a cancel refunds no newer payment', async () => {
    const mode = here.modes.fenced;
    await execute('pay', { key: 'p1', mode });
    const result = await freeze('fenced', 'cancel', () => execute('pay', { key: 'p2', mode }));
    expect(result).toEqual({ retried: 'cancelled', first: '/problems/idempotency-key-in-use' });
    expect(await user()).toEqual({ paid: true, balance: 4900 });
  });
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

test('a key that ends in a space is refused, since the database would take it for the one without', async () => {
  const headers = { 'idempotency-key': `"${key} "` };
  const { status, body } = await call(`/users/${userId}/pay`, { json: { amount: 4900 }, headers });
  expect([status, body.errors]).toMatchObject([400, [{ detail: expect.stringContaining('no space at either end') }]]);
});

describe('answers unfinished, not that nothing was done', () => {
  test('when a charge took effect, and the next try was never sent', async () => {
    let calls = 0;
    const change: Statements['change'] = (sql, values) =>
      calls++ === 0 ? statements.change(sql, values) : Promise.reject(refusedConnection());
    const options = { instance: 'test', gatewayMs: 0, lostAnswers: 1 };
    const processor = createProcessor({ ...statements, change }, options);
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
  const release = await endPassOfDead(statements, id, 1);
  const expire = () => db('idempotency_keys').where({ idempotency_key: key }).update({ leased_until: null });
  await expire();
  const keys = createIdempotencyKeys(statements, { instance: 'test', leaseMs: 10_000 });
  const request = { kind: 'pay', amount: 4900, userId, key, requestId: 'r' } as const;
  expect(await keys.claim(request)).toMatchObject({ outcome: 'claimed', claim: { id, pass: 2 } });
  expect(await endPassOfDead(statements, id, 1)).toBeUndefined();
  await release?.();
  expect(await keys.claim(request)).toMatchObject({ outcome: 'key-in-use' });
});
