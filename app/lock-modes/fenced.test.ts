import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { nowhere, openModes, sectionFor, type TestModes } from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import type { GuardedAccount, LockMode } from './index.ts';

let db: Knex;
let here: TestModes;
let place: { key: string; userId: number };

beforeAll(async () => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 4, timeoutMs: 5000, say: () => {} });
  here = await openModes();
});
afterAll(async () => {
  await Promise.all([here.close(), db.destroy()]);
});
beforeEach(async () => {
  const [userId = 0] = await db('users').insert({ name: 'Fenced' });
  place = { userId, key: `PAYMENT_fenced_${userId}` };
});

const fence = async (): Promise<bigint> => {
  const [row] = await db('users').where({ id: place.userId }).select(db.raw('CAST(fence AS CHAR) AS fence'));
  return BigInt(row.fence);
};
const setFence = (token: bigint) =>
  db('users')
    .where({ id: place.userId })
    .update({ fence: String(token) });

async function payBy(account: GuardedAccount) {
  const basis = await account.read();
  return basis && account.write(!basis.paid, basis);
}
const pay = (mode: LockMode, waitMs = 1000) => mode.guard(sectionFor(place, { waitMs }), payBy);
const written = { outcome: 'done', value: 'written' };

test('each request registers a higher token than the one before, and that is no write of the flag', async () => {
  const seen: bigint[] = [];
  for (let request = 0; request < 3; request++) {
    await here.modes.fenced.guard(sectionFor(place), (account) => account.read());
    seen.push(await fence());
  }
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => Number(a - b)));
  expect(await db('users').where({ id: place.userId })).toMatchObject([{ paid: 0, version: 0, read_version: null }]);
  expect(await db('flag_writes').where({ user_id: place.userId })).toEqual([]);
});

test('the token is registered by the time of the read', async () => {
  const before = await fence();
  await here.modes.fenced.guard(sectionFor(place), async (account) => {
    await account.read();
    expect(await fence()).toBeGreaterThan(before);
  });
});

test('what is read is what stands once no earlier holder can write any more', async () => {
  const entry = await here.modes.fenced.guard(sectionFor({ ...place, key: `${place.key}_late` }), async (late) => {
    const basis = await late.read();
    // The late holder writes in the last moment: right before the token of the next one is registered.
    await using next = await openModes({
      accountsThrough: (accounts) => ({
        ...accounts,
        async registerFence(userId, token) {
          expect(basis && (await late.write(true, basis))).toBe('written');
          return accounts.registerFence(userId, token);
        },
      }),
    });
    return await next.modes.fenced.guard(sectionFor(place), (account) => account.read());
  });
  expect(entry).toMatchObject({ outcome: 'done', value: { outcome: 'done', value: { paid: true, version: 1 } } });
});

test('two amounts of one user have keys of their own, and still cannot overwrite each other', async () => {
  const otherAmount = { ...place, key: `${place.key}_100` };
  const entry = await here.modes.fenced.guard(sectionFor(place), async (account) => {
    const basis = await account.read();
    expect(await here.modes.fenced.guard(sectionFor(otherAmount), payBy)).toEqual(written);
    return basis && account.write(true, basis);
  });
  expect(entry).toEqual({ outcome: 'done', value: 'refused' });
  expect(await pay(here.modes.fenced)).toEqual(written); // whichever key had the higher count
});

test.each([0, 1000])(
  'where Redis has lost its count, a request still gets in, with a wait of %d ms',
  async (waitMs) => {
    await pay(here.modes.fenced);
    const ahead = (await fence()) + 10n ** 12n; // a count that Redis will not reach by itself for days
    await setFence(ahead);
    expect(await pay(here.modes.fenced, waitMs)).toEqual(written);
    expect(await fence()).toBeGreaterThan(ahead);
    expect(await pay(here.modes.fenced, 0)).toEqual(written); // Redis has caught up
  },
);

test('the highest tokens that a double can no longer tell apart are told apart', async () => {
  const ahead = 2n ** 60n;
  await setFence(ahead);
  const registrations: string[] = [];
  await using spied = await openModes({
    accountsThrough: (accounts) => ({
      ...accounts,
      async registerFence(userId) {
        for (const token of [ahead, ahead - 1n, ahead + 1n, ahead + 1n]) {
          registrations.push((await accounts.registerFence(userId, token)).outcome);
        }
        return { outcome: 'registered' };
      },
      write: (write) => accounts.write({ ...write, onlyIf: { fence: ahead + 2n } }),
    }),
  });
  expect(await pay(spied.modes.fenced)).toEqual({ outcome: 'done', value: 'refused' });
  expect(registrations).toEqual(['outrun', 'outrun', 'registered', 'outrun']);
});

test.each([0, 60])(
  'a request that is outrun again and again is busy when its wait of %d ms is over',
  async (waitMs) => {
    let registrations = 0;
    await using outrun = await openModes({
      accountsThrough: (accounts) => ({
        ...accounts,
        async registerFence(userId, token) {
          registrations += 1;
          await setFence(token + 5n); // a rival by another key, quicker each time
          return accounts.registerFence(userId, token);
        },
      }),
    });
    expect(await pay(outrun.modes.fenced, waitMs)).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
    expect(registrations).toBeGreaterThanOrEqual(2);
    expect(await pay(here.modes.fenced, 0)).toEqual(written); // it has left the lock
  },
);

test('while the database is away it is unavailable, and the lock is free again', async () => {
  await using away = await openModes({ mysqlUrl: nowhere.mysqlUrl });
  expect(await pay(away.modes.fenced)).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
  expect(await pay(here.modes.fenced, 0)).toEqual(written);
});
