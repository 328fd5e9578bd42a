import { beforeEach, describe, expect, test } from 'vitest';
import type { Transactions } from '../database/transactions.ts';
import type { Account } from '../payments/account.ts';
import { killable } from '../testing/kill-connection.ts';
import { hold, newCall, openModes, sectionFor, sharedModes, toPaid, toUnpaid } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';
import type { LockMode } from './index.ts';

const db = sharedDb();
const { here, elsewhere } = await sharedModes();
let target: { key: string; userId: number };

beforeEach(async () => {
  const [userId = 0] = await db('users').insert({ name: 'Row' });
  target = { userId, key: `PAYMENT_row_${userId}` };
});

const fresh: Account = { paid: false, version: 0, openCharges: [] };
const pay = async (mode: LockMode, waitMs = 100_000) =>
  mode.guard(sectionFor(target, { waitMs }), async (account) => account.write(toPaid, (await account.read()) ?? fresh));

/** Runs `then` after each transaction has begun, before it asks for the row. */
function afterBegin(then: () => Promise<unknown>) {
  return (transactions: Transactions): Transactions => ({
    async open(options) {
      const opened = await transactions.open(options);
      if (opened.outcome !== 'opened') return opened;
      const { transaction } = opened;
      const begin = async () => {
        await transaction.begin();
        await then();
      };
      return { outcome: 'opened', transaction: { ...transaction, begin } };
    },
  });
}

test('reads what was committed when the lock was granted', async () => {
  const rival = async () => {
    await here.processor.charge(target.userId, 4900, newCall('rival'));
    expect(await pay(here.modes.row)).toEqual({ outcome: 'done', value: 'written' });
  };
  let rivals = 0;
  await using late = await openModes({
    wrapTransactions: afterBegin(async () => (rivals++ === 0 ? rival() : undefined)),
  });
  const seen = await late.modes.row.guard(sectionFor(target), (account) => account.read());
  expect(seen).toMatchObject({ outcome: 'done', value: { paid: true, version: 1, openCharges: [{ amount: 4900 }] } });
});

test('lets the processor write its ledger while the row is locked', async () => {
  await here.processor.charge(target.userId, 100, newCall('earlier'));
  const entry = await here.modes.row.guard(sectionFor(target), async (account) => {
    const snapshot = await account.read();
    const { id } = await here.processor.charge(target.userId, 4900, newCall('own'));
    return [snapshot?.openCharges.length, await here.processor.refund(id, newCall('own'))];
  });
  expect(entry).toEqual({ outcome: 'done', value: [1, 'refunded'] });
});

test('locks only the user’s row: other users and new ones are not blocked', async () => {
  const [next = 0] = await db('users').insert({ name: 'Next' });
  await using held = await hold(here.modes.row, sectionFor(target));
  const other = { userId: next, key: 'PAYMENT_row_next' };
  expect((await elsewhere.modes.row.guard(sectionFor(other, { waitMs: 0 }), async () => {})).outcome).toBe('done');
  await db('users').insert({ name: 'New' });
  await held.leave();
});

test('two amounts of one user exclude each other despite two keys', async () => {
  await using held = await hold(here.modes.row, sectionFor(target));
  const otherAmount = sectionFor({ ...target, key: `${target.key}_100` }, { waitMs: 0 });
  expect((await elsewhere.modes.row.guard(otherAmount, async () => {})).outcome).toBe('busy');
  await held.leave();
});

test('bounds the wait in milliseconds', async () => {
  await using held = await hold(here.modes.row, sectionFor(target));
  const startedAt = performance.now();
  const entry = await elsewhere.modes.row.guard(sectionFor(target, { waitMs: 150 }), async () => {});
  expect(entry).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
  expect(performance.now() - startedAt).toBeGreaterThan(140);
  await held.leave();
});

test('refuses a second write in one section', async () => {
  const entry = await here.modes.row.guard(sectionFor(target), async (account) => [
    await account.write(toPaid, fresh),
    await account.write(toUnpaid, { ...fresh, version: 1 }),
  ]);
  expect(entry).toEqual({ outcome: 'done', value: ['written', 'refused'] });
  expect(await db('users').where({ id: target.userId })).toMatchObject([{ paid: 1, version: 1 }]);
});

test('leaves no lock behind without a write or after a throw', async () => {
  await here.modes.row.guard(sectionFor(target), (account) => account.read());
  await expect(here.modes.row.guard(sectionFor(target), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await pay(elsewhere.modes.row, 0)).toEqual({ outcome: 'done', value: 'written' });
});

describe('when the connection is lost', () => {
  test('before the write: refuses it', async () => {
    const connection = killable(db);
    await using late = await openModes({ wrapTransactions: connection.wrap });
    const entry = await late.modes.row.guard(sectionFor(target), async (account) => {
      const snapshot = (await account.read()) ?? fresh;
      await connection.kill();
      expect(await pay(elsewhere.modes.row)).toEqual({ outcome: 'done', value: 'written' });
      return account.write(toUnpaid, snapshot);
    });
    expect(entry).toEqual({ outcome: 'done', value: 'refused' });
    expect(await db('users').where({ id: target.userId })).toMatchObject([{ paid: 1, version: 1 }]);
    expect(await pay(late.modes.row)).toEqual({ outcome: 'done', value: 'written' }); // the pool has dropped the dead connection
  });

  test('at the commit: throws, as it may have taken effect', async () => {
    const connection = killable(db);
    await using late = await openModes({
      wrapTransactions: (transactions) => ({
        async open(options) {
          const opened = await connection.wrap(transactions).open(options);
          if (opened.outcome !== 'opened') return opened;
          const commit = () => connection.kill().then(opened.transaction.commit);
          return { outcome: 'opened', transaction: { ...opened.transaction, commit } };
        },
      }),
    });
    await expect(pay(late.modes.row)).rejects.toThrow();
    expect(await pay(elsewhere.modes.row)).toEqual({ outcome: 'done', value: 'written' });
  });

  test('while waiting for the row: is unavailable', async () => {
    const connection = killable(db);
    await using late = await openModes({ wrapTransactions: connection.wrap });
    await using held = await hold(here.modes.row, sectionFor(target));
    const waiting = pay(late.modes.row);
    await expect
      .poll(() =>
        connection.kill().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true); // once it has opened a connection
    expect(await waiting).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    await held.leave();
  });
});

test('close unlocks held rows at once and refuses later writes', async () => {
  const closing = await openModes();
  const entry = closing.modes.row.guard(sectionFor(target), async (account) => {
    const snapshot = (await account.read()) ?? fresh;
    await closing.modes.row.close();
    expect(await pay(elsewhere.modes.row)).toEqual({ outcome: 'done', value: 'written' });
    return account.write(toUnpaid, snapshot);
  });
  expect(await entry).toEqual({ outcome: 'done', value: 'refused' });
  await closing.close();
});

describe('when the pool has no free connection', () => {
  test('waits for one, is busy after its wait, and stops if the caller disconnects', async () => {
    await using small = await openModes({ poolMax: 2 }); // one for transactions, one for statements
    await using held = await hold(small.modes.row, sectionFor(target));
    const [userId = 0] = await db('users').insert({ name: 'Next' });
    const other = { userId, key: 'PAYMENT_row_other' };
    expect((await small.modes.row.guard(sectionFor(other, { waitMs: 30 }), async () => {})).outcome).toBe('busy');
    const gone = new AbortController();
    const leaving = small.modes.row.guard(sectionFor(other, { waitMs: 100_000, signal: gone.signal }), async () => {});
    const patient = small.modes.row.guard(sectionFor(other, { waitMs: 100_000 }), async () => 'admitted');
    gone.abort();
    expect(await leaving).toEqual({ outcome: 'aborted' });
    await held.leave();
    expect(await patient).toEqual({ outcome: 'done', value: 'admitted' });
  });

  test('is busy, not unavailable', async () => {
    await using small = await openModes({ poolMax: 2 });
    const [one, two] = await Promise.all([small.takeConnection(), small.takeConnection()]);
    small.waitForConnection(100);
    expect((await pay(small.modes.row, 0)).outcome).toBe('busy');
    small.waitForConnection(30_000);
    one.giveBack();
    two.giveBack();
    expect((await pay(small.modes.row, 0)).outcome).toBe('done');
  });
});
