import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements } from '../database/statements.ts';
import { openModes } from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import { createPaymentService } from './service.ts';
import { findWronged } from './inconsistent-users.ts';

let db: Knex;
beforeAll(() => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 2, timeoutMs: 30_000, say: () => {} });
});
afterAll(() => db.destroy());

async function newUsers(count: number): Promise<number[]> {
  const made = await Promise.all(Array.from({ length: count }, () => db('users').insert({ name: 'Many' })));
  return made.flat();
}

/** 200 requests at once, pays and cancels in turn for each user, on one instance with few connections. */
async function twoHundred(
  mode: 'fenced' | 'row' | 'version',
  { users, poolMax, lockWaitMs }: { users: number; poolMax: number; lockWaitMs: number },
) {
  const ids = await newUsers(users);
  await using instance = await openModes({ poolMax, timeoutMs: 30_000, gatewayMs: 2 });
  const service = createPaymentService({ gateway: instance.gateway, lockKey: 'payment', lockWaitMs });
  const requests = Array.from({ length: 200 }, (_, index) =>
    service.settle({
      kind: Math.floor(index / users) % 2 === 0 ? 'pay' : 'cancel',
      userId: ids[index % users] ?? 0,
      amount: 4900,
      requestId: randomUUID(),
      mode: instance.modes[mode],
      signal: new AbortController().signal,
    }),
  );
  const outcomes = (await Promise.all(requests)).map(({ outcome }) => outcome);
  const stale = await db('flag_writes').whereIn('user_id', ids).whereRaw('read_version <> overwritten_version');
  const wronged = (await findWronged(createStatements(db, 30_000))).filter(({ userId }) => ids.includes(userId));
  return { outcomes: [...new Set(outcomes)].sort(), stale, wronged };
}

describe.each([2, 4, 20])('200 requests at once on a pool of %d connections', (poolMax) => {
  test('row: all are carried out, as the transactions never take the connections that the books need', async () => {
    const result = await twoHundred('row', { users: 40, poolMax, lockWaitMs: 100_000 });
    expect(result).toEqual({ outcomes: ['answered'], stale: [], wronged: [] });
  });

  test('row: for one user with a short wait, some are carried out, and all others are told that it is busy', async () => {
    const result = await twoHundred('row', { users: 1, poolMax, lockWaitMs: 100 });
    expect(result).toEqual({ outcomes: ['answered', 'lock-busy'], stale: [], wronged: [] });
  });
});

test.each(['fenced', 'version'] as const)(
  '%s: 200 at once on a pool of 4 connections, and all are right',
  async (mode) => {
    const result = await twoHundred(mode, { users: 40, poolMax: 4, lockWaitMs: 100_000 });
    expect(result).toMatchObject({ stale: [], wronged: [] });
    // A pay that was cancelled while it was made is a stale write: carried out, and undone.
    expect(['answered', 'stale-write']).toEqual(expect.arrayContaining(result.outcomes));
  },
);
