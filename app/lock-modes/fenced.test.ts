import { beforeEach, expect, test } from 'vitest';
import { newTarget, nowhere, openModes, sectionFor, sharedModes, toPaid, toUnpaid } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';
import type { GuardedAccount, LockMode } from './index.ts';

const db = sharedDb();
const { here } = await sharedModes();
let target: { key: string; userId: number };

beforeEach(async () => {
  target = await newTarget();
});

const fence = async (): Promise<bigint> => {
  const [row] = await db('users').where({ id: target.userId }).select(db.raw('CAST(fence AS CHAR) AS fence'));
  return BigInt(row.fence);
};
const setFence = (token: bigint) =>
  db('users')
    .where({ id: target.userId })
    .update({ fence: String(token) });

async function payBy(account: GuardedAccount) {
  const snapshot = await account.read();
  return snapshot && account.write(snapshot.paid ? toUnpaid : toPaid, snapshot);
}
const pay = (mode: LockMode, waitMs = 1000) => mode.guard(sectionFor(target, { waitMs }), payBy);
const written = { outcome: 'done', value: 'written' };

test('registers increasing tokens without writing the flag', async () => {
  const seen: bigint[] = [];
  for (let request = 0; request < 3; request++) {
    await here.modes.fenced.guard(sectionFor(target), (account) => account.read());
    seen.push(await fence());
  }
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => Number(a - b)));
  expect(await db('users').where({ id: target.userId })).toMatchObject([{ paid: 0, version: 0, read_version: null }]);
  expect(await db('flag_writes').where({ user_id: target.userId })).toEqual([]);
});

test('registers the token before the read', async () => {
  const before = await fence();
  await here.modes.fenced.guard(sectionFor(target), async (account) => {
    await account.read();
    expect(await fence()).toBeGreaterThan(before);
  });
});

test('reads only once no earlier holder can write', async () => {
  const entry = await here.modes.fenced.guard(sectionFor({ ...target, key: `${target.key}_late` }), async (late) => {
    const snapshot = await late.read();
    // The late holder writes at the last moment: right before the next holder registers its token.
    await using next = await openModes({
      wrapAccounts: (accounts) => ({
        ...accounts,
        async registerFence(userId, token) {
          expect(snapshot && (await late.write(toPaid, snapshot))).toBe('written');
          return accounts.registerFence(userId, token);
        },
      }),
    });
    return await next.modes.fenced.guard(sectionFor(target), (account) => account.read());
  });
  expect(entry).toMatchObject({ outcome: 'done', value: { outcome: 'done', value: { paid: true, version: 1 } } });
});

test('two amounts of one user cannot overwrite each other despite two keys', async () => {
  const otherAmount = { ...target, key: `${target.key}_100` };
  const entry = await here.modes.fenced.guard(sectionFor(target), async (account) => {
    const snapshot = await account.read();
    expect(await here.modes.fenced.guard(sectionFor(otherAmount), payBy)).toEqual(written);
    return snapshot && account.write(toPaid, snapshot);
  });
  expect(entry).toEqual({ outcome: 'done', value: 'refused' });
  expect(await pay(here.modes.fenced)).toEqual(written); // whichever key's counter is higher
});

test.each([0, 1000])('admits a request after Redis lost its token counter, wait %d ms', async (waitMs) => {
  await pay(here.modes.fenced);
  const ahead = (await fence()) + 10n ** 12n; // beyond any counter that Redis reaches in this test
  await setFence(ahead);
  expect(await pay(here.modes.fenced, waitMs)).toEqual(written);
  expect(await fence()).toBeGreaterThan(ahead);
  expect(await pay(here.modes.fenced, 0)).toEqual(written); // Redis has caught up
});

test('distinguishes tokens beyond 2^53', async () => {
  const ahead = 2n ** 60n;
  await setFence(ahead);
  const registrations: string[] = [];
  await using spied = await openModes({
    wrapAccounts: (accounts) => ({
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
  expect(registrations).toEqual(['stale-token', 'stale-token', 'registered', 'stale-token']);
});

test('says what to do when no greater token exists, before anything is done', async () => {
  await setFence(2n ** 53n);
  await expect(pay(here.modes.fenced)).rejects.toThrow(
    `The column fence of user ${target.userId} is ${2n ** 53n}, and no fencing token is greater: set it to 0`,
  );
  await setFence(0n);
  expect(await pay(here.modes.fenced)).toEqual(written);
});

test.each([0, 60])('is busy if its token is stale until the wait of %d ms is over', async (waitMs) => {
  let registrations = 0;
  await using overtaken = await openModes({
    wrapAccounts: (accounts) => ({
      ...accounts,
      async registerFence(userId, token) {
        registrations += 1;
        await setFence(token + 5n); // a rival with another key registers first each time
        return accounts.registerFence(userId, token);
      },
    }),
  });
  expect(await pay(overtaken.modes.fenced, waitMs)).toEqual({ outcome: 'busy', retryAfterMs: expect.any(Number) });
  expect(registrations).toBeGreaterThanOrEqual(2);
  expect(await pay(here.modes.fenced, 0)).toEqual(written); // the lock was released
});

test('is unavailable while the database is down, and releases the lock', async () => {
  await using away = await openModes({ mysqlUrl: nowhere.mysqlUrl });
  expect(await pay(away.modes.fenced)).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
  expect(await pay(here.modes.fenced, 0)).toEqual(written);
});
