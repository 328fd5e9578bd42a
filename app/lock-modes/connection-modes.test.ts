import { beforeEach, expect, test } from 'vitest';
import { killable } from '../testing/kill-connection.ts';
import { hold, newTarget, openModes, sectionFor, sharedModes, toPaid, toUnpaid } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';
import { withResolvers } from '../testing/with-resolvers.ts';

const db = sharedDb();
const { here, elsewhere } = await sharedModes();
let target: { key: string; userId: number };
beforeEach(async () => {
  target = await newTarget();
});

test('named: the lock ends with its connection, and the write is not sent', async () => {
  const connection = killable(db);
  await using victim = await openModes({ wrapTransactions: connection.wrap });
  await expect(
    victim.modes.named.guard(sectionFor(target), async (account) => {
      const snapshot = await account.read();
      await connection.kill();
      expect((await here.modes.named.guard(sectionFor(target), async () => 'admitted')).outcome).toBe('done');
      return snapshot && account.write(toPaid, snapshot);
    }),
  ).rejects.toThrow();
  expect(await db('flag_writes').where({ user_id: target.userId })).toEqual([]);
});

test('named: a connection goes back to the pool without its lock', async () => {
  await using few = await openModes({ poolMax: 2 });
  for (let time = 0; time < 3; time++) {
    expect((await few.modes.named.guard(sectionFor(target), async () => {})).outcome).toBe('done');
    const rival = await elsewhere.modes.named.guard(sectionFor(target, { waitMs: 0 }), async () => {});
    expect(rival.outcome).toBe('done');
  }
});

test('named: accepts keys of more than 64 characters', async () => {
  const long = { ...target, key: `PAYMENT_${'x'.repeat(100)}_${target.userId}` };
  await using held = await hold(here.modes.named, sectionFor(long));
  expect((await elsewhere.modes.named.guard(sectionFor(long, { waitMs: 0 }), async () => {})).outcome).toBe('busy');
  const other = { ...long, key: `${long.key}1` };
  expect((await elsewhere.modes.named.guard(sectionFor(other, { waitMs: 0 }), async () => {})).outcome).toBe('done');
  await held.leave();
});

test('serializable: of two that have read, one write is refused without a trace', async () => {
  let readers = 0;
  const bothHaveRead = withResolvers();
  const both = await Promise.all(
    [here, elsewhere].map(async ({ modes }, index) => {
      const entry = await modes.serializable.guard(sectionFor(target), async (account) => {
        const snapshot = await account.read();
        if (++readers === 2) bothHaveRead.resolve();
        await bothHaveRead.promise;
        return snapshot && account.write(index === 0 ? toPaid : toUnpaid, snapshot);
      });
      return entry.outcome === 'done' && entry.value;
    }),
  );
  expect(both.toSorted()).toEqual(['refused', 'written']);
  expect(await db('flag_writes').where({ user_id: target.userId })).toMatchObject([
    { read_version: 0, overwritten_version: 0 },
  ]);
});

test.each(['row', 'named', 'serializable'] as const)(
  '%s: requests for one user leave connections to other users',
  async (name) => {
    await using few = await openModes({ poolMax: 4 });
    const mode = few.modes[name];
    const busyUser = withResolvers();
    const work = () => busyUser.promise;
    const requests = Array.from({ length: 20 }, () => mode.guard(sectionFor(target, { waitMs: 100_000 }), work));
    const other = sectionFor(await newTarget());
    expect((await mode.guard(other, async () => {})).outcome).toBe('done');
    busyUser.resolve();
    for (const { outcome } of await Promise.all(requests)) expect(outcome).toBe('done');
  },
);
