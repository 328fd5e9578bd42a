import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../migrations/migrate.ts';
import { createStatements, type Statements } from '../../database/statements.ts';
import { type LockMode, type LockModeName, lockModeNames } from '../../lock-modes/index.ts';
import type { Processor } from '../../payments/processor.ts';
import { lockKeyFor } from '../../payments/service.ts';
import {
  hold,
  newCall,
  nowhere,
  openModes,
  pausableRuntime,
  sectionFor,
  type TestModes,
} from '../../testing/lock-modes.ts';
import { type OwnDatabase, ownDatabase } from '../../testing/own-database.ts';
import { answered, execute as executeOn, interrupted, paidAndBalance } from '../../testing/payments.ts';
import { testStack } from '../../testing/stack.ts';
import { withResolvers } from '../../testing/with-resolvers.ts';
import { createReconcileJob, type ReconcileOptions } from './reconcile.ts';

const amount = 4900;
const afterMs = 60_000;
/** Longer than any test. */
const longMs = 60_000;
/** So that every inconsistent user is made by these tests. */
let database: OwnDatabase;
let db: Knex;
let statements: Statements;
let here: TestModes;
let elsewhere: TestModes;
let userId: number;

beforeAll(async () => {
  database = await ownDatabase('payment_race_reconcile');
  db = database.open();
  await migrate(db);
  statements = createStatements(db, 60_000);
  const open = () => openModes({ mysqlUrl: database.url, lockTtlMs: longMs });
  [here, elsewhere] = await Promise.all([open(), open()]);
});
afterAll(async () => {
  await Promise.all([here.close(), elsewhere.close(), db.destroy()]);
  await database.drop();
});
beforeEach(async () => {
  const tables = ['refunds', 'charges', 'flag_writes', 'idempotency_keys', 'users'];
  for (const table of tables) await db(table).delete();
  userId = await newUser();
});

async function newUser(): Promise<number> {
  const [id = 0] = await db('users').insert({ name: 'Reconcile' });
  return id;
}
const charge = (requestId?: string, of = amount) => here.processor.charge(userId, of, newCall(requestId));
const refund = (chargeId: number) => here.processor.refund(chargeId, newCall());
/** @param paidBy the charge that gives access; undefined takes it away. */
const write = (paidBy: number | undefined, readVersion: number) =>
  db('users')
    .where({ id: userId })
    .update({
      paid: paidBy !== undefined,
      paid_by: paidBy ?? null,
      version: db.raw('version + 1'),
      read_version: readVersion,
      request_id: 'a request',
    });
const execute = (kind: 'pay' | 'cancel', mode: LockMode = here.modes.none, processor: Processor = here.processor) =>
  executeOn(kind, { userId, mode, processor });

/** Moves everything that has happened so far an hour into the past. */
async function anHourPasses(): Promise<void> {
  for (const table of ['charges', 'refunds', 'flag_writes']) {
    await db(table).update({ created_at: db.raw('created_at - INTERVAL 1 HOUR') });
  }
}

const user = (id = userId) => paidAndBalance(id, statements);
const staleWrites = () => db('flag_writes').whereRaw('read_version <> overwritten_version');

/** Runs `then` after the job's nth read of a user: the 3rd is the one under the first lock. */
function afterLook(nth: number, then: () => Promise<unknown>): Statements {
  let looks = 0;
  return {
    ...statements,
    async selectCurrent<Row>(sql: string, values?: readonly (string | number)[]) {
      const rows = await statements.selectCurrent<Row>(sql, values);
      if (sql.includes('newest_read') && ++looks === nth) await then();
      return rows;
    },
  };
}

interface Running extends Partial<ReconcileOptions> {
  readonly signal?: AbortSignal;
}
/** Runs the job once. @returns its detail. */
function run({ signal = new AbortController().signal, ...options }: Running = {}): Promise<string> {
  const job = createReconcileJob({
    schedule: '* * * * *',
    timeZone: 'UTC',
    ttlMs: 10_000,
    atLeastForMs: 0,
    reconcile: 'repair',
    statements,
    processor: here.processor,
    mode: here.modes.redis,
    lockKey: 'payment',
    lockWaitMs: longMs,
    afterMs,
    ...options,
  });
  return job.run({ signal, scheduledAt: new Date(), token: 1n, log: pino({ level: 'silent' }) });
}

test('skips a user while a request of it is held, however old its charge is', async () => {
  await charge('held');
  await anHourPasses();
  const held = new Set([userId]);
  const isHeld = async (id: number) => held.has(id);
  expect(await run({ isHeld })).toBe('repair: all users are consistent; 1 may be in progress');
  held.clear();
  expect(await run({ isHeld })).toMatch(/^repair: 1 inconsistent: 1 repaired/);
});

describe.each(lockModeNames)('%s', (name: LockModeName) => {
  const repair = () => run({ mode: here.modes[name] });

  test('refunds a charge whose request died before it gave access', async () => {
    const { id } = await charge('pay-1');
    await anHourPasses();
    expect(await repair()).toBe(
      `repair: 1 inconsistent: 1 repaired; User ${userId} is charged 49.00 and has no access: refunded charge ${id} (49.00), ` +
        'because request pay-1 charged it and never gave access',
    );
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await db('refunds').where({ charge_id: id })).toMatchObject([{ request_id: `reconcile-user-${userId}-v1` }]);
    expect(await repair()).toBe('repair: all users are consistent');
    expect(await staleWrites()).toEqual([]);
  });

  test('restores access that a late cancel overwrote, and refunds other charges', async () => {
    const early = await charge('early');
    await write(early.id, 0);
    await charge('died', 100);
    await refund(early.id); // by a cancel that read version 1
    await write(undefined, 1);
    await write((await charge('paid')).id, 2);
    await write(undefined, 1);
    await anHourPasses();
    expect(await repair()).toMatch(
      /: restored access for charge \d+ \(49\.00\), because .* overwrote it, then refunded/,
    );
    expect(await user()).toEqual({ paid: true, balance: amount });
    // That charge pays for the access: a cancel of another amount leaves it alone.
    expect(await here.modes.none.guard(sectionFor(target()), (account) => account.read())).toMatchObject({
      value: { paidBy: { amount } },
    });
    expect(await execute('cancel')).toEqual(answered('cancelled'));
  });

  if (name !== 'row') {
    test('overwrites no update of a rival without a lock', async () => {
      await execute('pay');
      const [paid] = await db('charges').where({ user_id: userId });
      await refund(paid.id);
      await anHourPasses();
      // The rival cancels and pays again between the job's read under the lock and its write.
      const rival = afterLook(3, async () => {
        for (const kind of ['cancel', 'pay'] as const) await execute(kind);
      });
      expect(await run({ mode: here.modes[name], statements: rival })).toBe('repair: all users are consistent');
      expect(await user()).toEqual({ paid: true, balance: amount });
      expect(await staleWrites()).toEqual([]);
    });
  }

  test('two concurrent runs do each step once', async () => {
    const ids: number[] = [];
    for (let made = 0; made < 6; made++) {
      userId = await newUser();
      ids.push(userId);
      if (made % 2 === 0) await charge();
      else await write(1, 0);
    }
    await anHourPasses();
    const runs = [repair(), run({ mode: elsewhere.modes[name], processor: elsewhere.processor })];
    await Promise.all(runs);
    for (const id of ids) expect(await user(id)).toEqual({ paid: false, balance: 0 });
    expect(await db('refunds')).toHaveLength(3);
    expect(await staleWrites()).toEqual([]);
  });
});

test('removes access that a cancel refunded but did not remove', async () => {
  await execute('pay');
  const [paid] = await db('charges').where({ user_id: userId });
  await refund(paid.id);
  await anHourPasses();
  expect(await run()).toContain('1 repaired; ');
  expect(await user()).toEqual({ paid: false, balance: 0 });
  expect(await db('users').where({ id: userId })).toMatchObject([{ request_id: `reconcile-user-${userId}-v1` }]);
  expect(await execute('pay')).toEqual(answered('paid'));
});

test('refunds every charge but the one that paid for the access', async () => {
  await charge('died', 100);
  await execute('pay');
  await charge('died as well');
  await charge('and a third', 300);
  await anHourPasses();
  const detail = await run();
  expect(detail).toContain(`User ${userId} is charged 4 times (102.00 in all) for one access: refunded charge`);
  expect(detail.match(/refunded charge/g)).toHaveLength(3);
  expect(await user()).toEqual({ paid: true, balance: amount });
  expect(await execute('cancel')).toEqual(answered('cancelled'));
});

test('leaves a pay alone that may not have written yet', async () => {
  await charge();
  expect(await run()).toBe('repair: all users are consistent; 1 may be in progress');
  expect(await user()).toEqual({ paid: false, balance: amount });
});

test('leaves a cancel alone that may not have written yet', async () => {
  await execute('pay');
  const [paid] = await db('charges').where({ user_id: userId });
  await anHourPasses();
  await refund(paid.id);
  expect(await run()).toBe('repair: all users are consistent; 1 may be in progress');
  expect(await user()).toEqual({ paid: true, balance: 0 });
});

test('decides on what it reads under the lock', async () => {
  const { id } = await charge();
  await anHourPasses();
  const mode: LockMode = {
    ...here.modes.redis,
    async guard(section, work) {
      await refund(id).then(() => execute('pay')); // while the job waits
      return here.modes.redis.guard(section, work);
    },
  };
  expect(await run({ mode })).toBe('repair: all users are consistent');
  expect(await user()).toEqual({ paid: true, balance: amount });
});

test('does not report a refund that a rival made first', async () => {
  const { id } = await charge();
  await anHourPasses();
  await write(undefined, 0);
  const rival = afterLook(3, () => refund(id));
  expect(await run({ statements: rival })).toBe('repair: all users are consistent');
  expect(await db('refunds').where({ charge_id: id })).toHaveLength(1);
});

describe('a charge whose idempotency key has no answer yet', () => {
  /** A pay with a key that has charged and died. */
  async function dieAfterCharge(): Promise<number> {
    const executionId = `key-${userId}`;
    await db('idempotency_keys').insert({
      ...{ user_id: userId, idempotency_key: 'k', execution_id: executionId, kind: 'pay', amount },
      ...{ attempt: 1, pass: 1, request_id: 'died', instance: 'app-1' },
    });
    const attempt = { id: executionId, requestId: 'died' };
    return (await here.processor.charge(userId, amount, { attempt, key: `${executionId}/pass-1` })).id;
  }

  test('gets its access: its client can still ask', async () => {
    const id = await dieAfterCharge();
    await anHourPasses();
    expect(await run()).toContain(
      `restored access for charge ${id} (49.00), because its key still waits for an answer`,
    );
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await db('users').where({ id: userId })).toMatchObject([{ paid_by: id }]);
  });

  test('is refunded beside another payment by the key of its own request, which then knows it', async () => {
    const id = await dieAfterCharge();
    await execute('pay');
    await anHourPasses();
    expect(await run()).toContain(`refunded charge ${id}`);
    expect(await db('refunds').where({ charge_id: id })).toMatchObject([
      { processor_key: `key-${userId}/pass-1/back` },
    ]);
  });
});

const target = () => ({ userId, key: lockKeyFor('payment', userId, amount) });

describe('a pay that is frozen after its charge', () => {
  const clock = pausableRuntime();
  let frozen: TestModes;
  /** Every Redis that a lock may be on. */
  let nodes: readonly Redis[];
  beforeAll(async () => {
    const { redisUrl, redlockUrls } = testStack();
    nodes = [redisUrl, ...redlockUrls].map((url) => new Redis(url));
    frozen = await openModes({ mysqlUrl: database.url, lockTtlMs: longMs, runtime: clock.runtime });
  });
  afterAll(async () => {
    for (const node of nodes) node.disconnect();
    await frozen?.close();
  });

  /** @returns what resumes it, and how it then ends. */
  async function frozenPay(name: LockModeName) {
    const { promise: thawed, resolve: thaw } = withResolvers();
    const { promise: charged, resolve: hasCharged } = withResolvers();
    const processor = interrupted(frozen.processor, {
      charged() {
        hasCharged();
        return thawed;
      },
    });
    const outcome = execute('pay', frozen.modes[name], processor);
    await charged;
    clock.pauseFor(longMs);
    for (const node of nodes) await node.del(target().key); // what is frozen renews nothing
    await anHourPasses();
    return { thaw, outcome };
  }

  test.each(['redis', 'redlock', 'fenced', 'version'] as const)(
    '%s: is repaired, and answers stale-write when it resumes',
    async (name) => {
      const pay = await frozenPay(name);
      expect(await run({ mode: here.modes[name] })).toContain('1 repaired');
      pay.thaw();
      expect(await pay.outcome).toEqual({ outcome: 'stale-write' });
      expect(await user()).toEqual({ paid: false, balance: 0 });
      expect(await staleWrites()).toEqual([]);
    },
  );

  test('row: still holds its row, and is postponed', async () => {
    const pay = await frozenPay('row');
    expect(await run({ mode: here.modes.row, lockWaitMs: 50 })).toContain(
      'postponed to the next run: its lock is held',
    );
    pay.thaw();
    expect(await pay.outcome).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
  });
});

test('a report describes the repair without a lock or a change', async () => {
  const { id } = await charge('pay-1');
  await anHourPasses();
  const mode: LockMode = { ...here.modes.redis, guard: () => Promise.reject(new Error('it takes a lock')) };
  expect(await run({ mode, reconcile: 'report' })).toBe(
    `report: 1 inconsistent: 1 to repair; User ${userId} is charged 49.00 and has no access: refund charge ${id} (49.00), ` +
      'because request pay-1 charged it and never gave access',
  );
  expect(await user()).toEqual({ paid: false, balance: amount });
  expect(await db('flag_writes')).toEqual([]);
});

test('postpones a user whose lock is held, and repairs the others', async () => {
  const first = userId;
  await charge();
  await using held = await hold(elsewhere.modes.redis, sectionFor(target()));
  userId = await newUser();
  await charge();
  await anHourPasses();
  expect(await run({ lockWaitMs: 50 })).toMatch(
    /^repair: 2 inconsistent: 1 repaired, 1 postponed; .*: its lock is held; /,
  );
  expect([await user(first), await user()]).toEqual([
    { paid: false, balance: amount },
    { paid: false, balance: 0 },
  ]);
  await held.leave();
  expect(await run()).toContain('1 inconsistent: 1 repaired; ');
});

test('takes the lock of the user with LOCK_KEY=user', async () => {
  await charge();
  await anHourPasses();
  const key = lockKeyFor('user', userId, amount);
  await using held = await hold(here.modes.redis, sectionFor({ userId, key }));
  expect(await run({ lockKey: 'user', lockWaitMs: 50 })).toContain('1 postponed');
  expect(await run({ lockKey: 'payment', lockWaitMs: 50 })).toContain('1 repaired');
  await held.leave();
});

test('fails with its findings when the lock service does not answer', async () => {
  for (let made = 0; made < 5; made++) {
    userId = await newUser();
    await charge();
  }
  await anHourPasses();
  await using cutOff = await openModes({ mysqlUrl: database.url, redisUrl: nowhere.redisUrl });
  const failed = run({ mode: cutOff.modes.redis });
  await expect(failed).rejects.toThrow(/^repair: 3 inconsistent: 3 failed; .*: the lock service did not answer; /);
  expect(await db('refunds')).toEqual([]);
});

test('stops on its signal', async () => {
  await charge();
  await anHourPasses();
  const reason = new Error('the lease is lost');
  await expect(run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(run({ signal: AbortSignal.abort(reason), reconcile: 'report' })).rejects.toBe(reason);
  const waiting = new AbortController();
  const held = await hold(elsewhere.modes.row, sectionFor(target()));
  const mode: LockMode = {
    ...here.modes.row,
    guard(section, work) {
      setImmediate(() => waiting.abort(reason)); // while the job waits
      return here.modes.row.guard(section, work);
    },
  };
  const stopped = run({ mode, signal: waiting.signal });
  await expect(stopped).rejects.toBe(reason);
  await held.leave();
  expect(await user()).toEqual({ paid: false, balance: amount });
});
