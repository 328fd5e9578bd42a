import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import type { Transactions } from '../database/transactions.ts';
import type { Account } from '../payments/account.ts';
import { killable } from '../testing/kill-connection.ts';
import { hold, openModes, sectionFor, type TestModes } from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import type { LockMode } from './index.ts';

let db: Knex;
let here: TestModes;
let elsewhere: TestModes;
let place: { key: string; userId: number };

beforeAll(async () => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 4, timeoutMs: 5000, say: () => {} });
  [here, elsewhere] = await Promise.all([openModes(), openModes()]);
});
afterAll(async () => {
  await Promise.all([here.close(), elsewhere.close(), db.destroy()]);
});
beforeEach(async () => {
  const [userId = 0] = await db('users').insert({ name: 'Row' });
  place = { userId, key: `PAYMENT_row_${userId}` };
});

const fresh: Account = { paid: false, version: 0, openCharges: [] };
const pay = async (mode: LockMode, waitMs = 5000) =>
  mode.guard(sectionFor(place, { waitMs }), async (account) => account.write(true, (await account.read()) ?? fresh));

/** Has something happen each time right after a transaction has begun, before it asks for the row. */
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

test('what is read is what was committed when the lock was got, and not when the transaction began', async () => {
  const rival = async () => {
    await here.gateway.charge(place.userId, 4900, { requestId: 'rival' });
    expect(await pay(here.modes.row)).toEqual({ outcome: 'done', value: 'written' });
  };
  let rivals = 0;
  await using late = await openModes({
    transactionsThrough: afterBegin(async () => (rivals++ === 0 ? rival() : undefined)),
  });
  const seen = await late.modes.row.guard(sectionFor(place), (account) => account.read());
  expect(seen).toMatchObject({ outcome: 'done', value: { paid: true, version: 1, openCharges: [{ amount: 4900 }] } });
});

test('the processor writes its books while the row is locked, also after the read', async () => {
  await here.gateway.charge(place.userId, 100, { requestId: 'earlier' });
  const entry = await here.modes.row.guard(sectionFor(place), async (account) => {
    const basis = await account.read();
    const { id } = await here.gateway.charge(place.userId, 4900, { requestId: 'own' });
    return [basis?.openCharges.length, await here.gateway.refund(id, { requestId: 'own' })];
  });
  expect(entry).toEqual({ outcome: 'done', value: [1, 'refunded'] });
});

test('locks the user’s row and nothing else: the next users are free, and so is the making of new ones', async () => {
  const [next = 0] = await db('users').insert({ name: 'Next' });
  await using held = await hold(here.modes.row, sectionFor(place));
  const other = { userId: next, key: 'PAYMENT_row_next' };
  expect((await elsewhere.modes.row.guard(sectionFor(other, { waitMs: 0 }), async () => {})).outcome).toBe('done');
  await db('users').insert({ name: 'New' });
  await held.leave();
});

test('two amounts of one user exclude each other, though their keys differ', async () => {
  await using held = await hold(here.modes.row, sectionFor(place));
  const otherAmount = sectionFor({ ...place, key: `${place.key}_100` }, { waitMs: 0 });
  expect((await elsewhere.modes.row.guard(otherAmount, async () => {})).outcome).toBe('busy');
  await held.leave();
});

test('the wait is bounded in milliseconds, where the server’s own bound has whole seconds', async () => {
  await using held = await hold(here.modes.row, sectionFor(place));
  const startedAt = performance.now();
  const entry = await elsewhere.modes.row.guard(sectionFor(place, { waitMs: 150 }), async () => {});
  expect(entry).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
  expect(performance.now() - startedAt).toBeGreaterThan(140);
  await held.leave();
});

test('a second write in one section is refused: the first one has committed and freed the row', async () => {
  const entry = await here.modes.row.guard(sectionFor(place), async (account) => [
    await account.write(true, fresh),
    await account.write(false, { ...fresh, version: 1 }),
  ]);
  expect(entry).toEqual({ outcome: 'done', value: ['written', 'refused'] });
  expect(await db('users').where({ id: place.userId })).toMatchObject([{ paid: 1, version: 1 }]);
});

test('a section without a write, and one whose work has thrown, leave no lock and no transaction behind', async () => {
  await here.modes.row.guard(sectionFor(place), (account) => account.read());
  await expect(here.modes.row.guard(sectionFor(place), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await pay(elsewhere.modes.row, 0)).toEqual({ outcome: 'done', value: 'written' });
});

describe('when the connection is lost', () => {
  test('before the write: it is refused, as the server has freed the row for the next one', async () => {
    const connection = killable(db);
    await using late = await openModes({ transactionsThrough: connection.through });
    const entry = await late.modes.row.guard(sectionFor(place), async (account) => {
      const basis = (await account.read()) ?? fresh;
      await connection.kill();
      expect(await pay(elsewhere.modes.row)).toEqual({ outcome: 'done', value: 'written' });
      return account.write(false, basis);
    });
    expect(entry).toEqual({ outcome: 'done', value: 'refused' });
    expect(await db('users').where({ id: place.userId })).toMatchObject([{ paid: 1, version: 1 }]);
    expect(await pay(late.modes.row)).toEqual({ outcome: 'done', value: 'written' }); // the pool has dropped it
  });

  test('at the commit: nobody knows whether it took effect, and so it throws', async () => {
    const connection = killable(db);
    await using late = await openModes({
      transactionsThrough: (transactions) => ({
        async open(options) {
          const opened = await connection.through(transactions).open(options);
          if (opened.outcome !== 'opened') return opened;
          const commit = () => connection.kill().then(opened.transaction.commit);
          return { outcome: 'opened', transaction: { ...opened.transaction, commit } };
        },
      }),
    });
    await expect(pay(late.modes.row)).rejects.toThrow();
    expect(await pay(elsewhere.modes.row)).toEqual({ outcome: 'done', value: 'written' });
  });

  test('while it waits for the row: it is unavailable, and nothing is begun', async () => {
    const connection = killable(db);
    await using late = await openModes({ transactionsThrough: connection.through });
    await using held = await hold(here.modes.row, sectionFor(place));
    const waiting = pay(late.modes.row);
    await expect
      .poll(() =>
        connection.kill().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true); // once it has opened one
    expect(await waiting).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    await held.leave();
  });
});

test('close gives up what is held at once: the row is free, and nothing more is written', async () => {
  const closing = await openModes();
  const entry = closing.modes.row.guard(sectionFor(place), async (account) => {
    const basis = (await account.read()) ?? fresh;
    await closing.modes.row.close();
    expect(await pay(elsewhere.modes.row)).toEqual({ outcome: 'done', value: 'written' });
    return account.write(false, basis);
  });
  expect(await entry).toEqual({ outcome: 'done', value: 'refused' });
  await closing.close();
});

describe('when the pool has no connection to spare', () => {
  test('the request waits for one, and is told that it is busy when its wait is over; the caller may go sooner', async () => {
    await using small = await openModes({ poolMax: 2 }); // one for transactions, one for statements
    await using held = await hold(small.modes.row, sectionFor(place));
    const [userId = 0] = await db('users').insert({ name: 'Next' });
    const other = { userId, key: 'PAYMENT_row_other' };
    expect((await small.modes.row.guard(sectionFor(other, { waitMs: 30 }), async () => {})).outcome).toBe('busy');
    const gone = new AbortController();
    const leaving = small.modes.row.guard(sectionFor(other, { waitMs: 100_000, signal: gone.signal }), async () => {});
    const patient = small.modes.row.guard(sectionFor(other, { waitMs: 100_000 }), async () => 'in');
    gone.abort();
    expect(await leaving).toEqual({ outcome: 'aborted' });
    await held.leave();
    expect(await patient).toEqual({ outcome: 'done', value: 'in' });
  });

  test('as others have taken all of it: it is busy, and not the database’s fault', async () => {
    await using small = await openModes({ poolMax: 2, timeoutMs: 1200 });
    const [one, two] = await Promise.all([small.takeConnection(), small.takeConnection()]);
    expect((await pay(small.modes.row, 0)).outcome).toBe('busy');
    one.giveBack();
    two.giveBack();
    expect((await pay(small.modes.row, 0)).outcome).toBe('done');
  });
});
