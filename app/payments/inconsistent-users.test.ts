import { expect, test } from 'vitest';
import type { Statements } from '../database/statements.ts';
import { findInconsistentUsers } from './inconsistent-users.ts';

/** A table of users with these ids: the odd ones have paid, and every hundredth has one open charge too many. */
function tableOf(ids: readonly number[]) {
  const asked: unknown[] = [];
  const select = async (sql: string, [after]: readonly unknown[] = []) => {
    asked.push(after);
    const limit = Number(/LIMIT (\d+)$/.exec(sql)?.[1] ?? Number.POSITIVE_INFINITY);
    return ids
      .filter((id) => id > Number(after ?? 0))
      .slice(0, limit)
      .map((id) => ({ id, paid: id % 2, charges: (id % 2) + (id % 100 === 0 ? 1 : 0), balance: 4900 }));
  };
  return { asked, statements: { select } as Pick<Statements, 'select'> };
}
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test.each([
  [0, [0]],
  [999, [0]],
  [1000, [0, 1000]],
  [2500, [0, 1000, 2000]],
])('finds those of %d users, a thousand in a statement', async (count, statementsAfter) => {
  const { asked, statements } = tableOf(upTo(count));
  const found = await findInconsistentUsers(statements);
  expect(found.map(({ userId }) => userId)).toEqual(upTo(count).filter((id) => id % 100 === 0));
  expect(asked).toEqual(statementsAfter);
});

test('ends between two statements when its job is stopped', async () => {
  const { asked, statements } = tableOf(upTo(2500));
  const stopped = new AbortController();
  const select: Statements['select'] = (...args) => {
    stopped.abort(new Error('stopped'));
    return statements.select(...args);
  };
  await expect(findInconsistentUsers({ select }, stopped.signal)).rejects.toThrow('stopped');
  expect(asked).toEqual([0]);
});

test.each([
  [{ paid: 0, charges: 1, balance: 4900 }, 'chargedWithoutAccess', 'User 7 is charged 49.00 and has no access'],
  [{ paid: 1, charges: 0, balance: 0 }, 'accessWithoutPaying', 'User 7 has access and paid nothing'],
  [{ paid: 1, charges: 2, balance: 9800 }, 'chargedTwice', 'User 7 is charged 2 times (98.00 in all) for one access'],
])('names what is wrong with %j', async (row, wrong, what) => {
  const select = async () => [{ id: 7, ...row }];
  const statements = { select } as unknown as Pick<Statements, 'select'>;
  expect(await findInconsistentUsers(statements)).toEqual([{ userId: 7, wrong, what }]);
});
