import { describe, expect, test } from 'vitest';
import { createStatements } from '../database/statements.ts';
import { newUser } from '../testing/client.ts';
import { openModes } from '../testing/lock-modes.ts';
import { answered, execute, interrupted } from '../testing/payments.ts';
import { sharedDb } from '../testing/shared.ts';
import { findInconsistentUsers } from './inconsistent-users.ts';

const db = sharedDb();

/** Sends 100 concurrent requests, alternately pay and cancel for each user, to one instance with a small pool. */
async function oneHundred(
  mode: 'fenced' | 'row' | 'version',
  { users, poolMax, lockWaitMs }: { users: number; poolMax: number; lockWaitMs: number },
) {
  const ids = await Promise.all(Array.from({ length: users }, newUser));
  await using instance = await openModes({ poolMax, timeoutMs: 30_000, gatewayMs: 2 });
  const { processor, modes } = instance;
  const requests = Array.from({ length: 100 }, (_, index) =>
    execute(Math.floor(index / users) % 2 === 0 ? 'pay' : 'cancel', {
      ...{ userId: ids[index % users] ?? 0, mode: modes[mode], processor, lockWaitMs },
    }),
  );
  const outcomes = (await Promise.all(requests)).map(({ outcome }) => outcome);
  return { outcomes: [...new Set(outcomes)].sort(), ...(await witnessesOf(ids)) };
}

async function witnessesOf(ids: readonly number[]) {
  const stale = await db('flag_writes').whereIn('user_id', ids).whereRaw('read_version <> overwritten_version');
  const inconsistent = (await findInconsistentUsers(createStatements(db, 30_000))).filter(({ userId }) =>
    ids.includes(userId),
  );
  return { stale, inconsistent };
}

describe.each([2, 20])('100 concurrent requests on a pool of %d connections', (poolMax) => {
  test('row: answers all of them: transactions leave connections for the ledger', async () => {
    const result = await oneHundred('row', { users: 20, poolMax, lockWaitMs: 100_000 });
    expect(result).toEqual({ outcomes: ['answered'], stale: [], inconsistent: [] });
  });

  test('row: for one user with a short wait, answers one and the rest with busy', async () => {
    const userId = await newUser();
    await using instance = await openModes({ poolMax, timeoutMs: 30_000 });
    const { processor, modes } = instance;
    const request = { userId, mode: modes.row, lockWaitMs: 100 };
    const outcomes: string[] = [];
    // It holds the row until all others have been answered.
    const charged = async () => {
      const others = Array.from({ length: 99 }, (_, index) =>
        execute(index % 2 === 0 ? 'cancel' : 'pay', { ...request, processor }),
      );
      outcomes.push(...(await Promise.all(others)).map(({ outcome }) => outcome));
    };
    const first = await execute('pay', {
      ...request,
      processor: interrupted(processor, { charged }),
      lockWaitMs: 100_000,
    });
    expect([first, ...outcomes]).toEqual([answered('paid'), ...Array(99).fill('lock-busy')]);
    expect(await witnessesOf([userId])).toEqual({ stale: [], inconsistent: [] });
  });
});

test.each(['fenced', 'version'] as const)(
  '%s: keeps 100 concurrent requests on 4 connections consistent',
  async (mode) => {
    const result = await oneHundred(mode, { users: 20, poolMax: 4, lockWaitMs: 100_000 });
    expect(result).toMatchObject({ stale: [], inconsistent: [] });
    // A pay that was cancelled in the meantime is a stale write: made, and refunded.
    expect(['answered', 'stale-write']).toEqual(expect.arrayContaining(result.outcomes));
  },
);
