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
