import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { LockMode } from '../../lock-modes/index.ts';
import { type LockModeName, lockModeNames } from '../../lock-modes/registry.ts';
import { interceptStatements } from '../../testing/intercept-statements.ts';
import { answered } from '../../testing/payments.ts';
import { amount, openReconciling } from '../../testing/reconcile.ts';

const reconciling = await openReconciling('payment_race_reconcile');
const { db, statements, here, elsewhere, newUser } = reconciling;
const { charge, refund, execute, user, section, staleWrites, anHourPasses, run } = reconciling;
let userId: number;
beforeEach(async () => {
  userId = await reconciling.reset();
});
afterAll(() => reconciling.close());

const refundPayment = async () => refund((await db('charges').where({ user_id: userId }).first()).id);
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

/** Runs `then` after the job's third read of a user, which is the one under the first lock. */
function afterLook(then: () => Promise<unknown>) {
  let looks = 0;
  return interceptStatements(statements, /newest_read/, async (run) => {
    const rows = await run();
    if (++looks === 3) await then();
    return rows;
  });
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
    expect(await here.modes.none.guard(section(), (account) => account.read())).toMatchObject({
      value: { paidBy: { amount } },
    });
    expect(await execute('cancel')).toEqual(answered('cancelled'));
  });

  if (name !== 'row') {
    test('overwrites no update of a rival without a lock', async () => {
      await execute('pay');
      await refundPayment();
      await anHourPasses();
      // The rival cancels and pays again between the job's read under the lock and its write.
      const rival = afterLook(async () => {
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
  await refundPayment();
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
  await anHourPasses();
  await refundPayment();
  expect(await run()).toBe('repair: all users are consistent; 1 may be in progress');
  expect(await user()).toEqual({ paid: true, balance: 0 });
});

test('does not report a refund that a rival made first', async () => {
  const { id } = await charge();
  await anHourPasses();
  await write(undefined, 0);
  const rival = afterLook(() => refund(id));
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
