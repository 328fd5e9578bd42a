import { expect, test } from 'vitest';
import { withAmounts } from './amounts.ts';

test('with one amount, each user is there once, with an amount of its own', () => {
  expect(withAmounts([7, 8, 9], 1)).toEqual([
    { id: 7, amount: 1000 },
    { id: 8, amount: 1001 },
    { id: 9, amount: 1002 },
  ]);
});

test.each([2, 3, 4])('with %d amounts, each user is there once for each, and no amount is there twice', (amounts) => {
  const users = withAmounts([7, 8, 9], amounts);
  for (const id of [7, 8, 9]) expect(users.filter((user) => user.id === id)).toHaveLength(amounts);
  expect(new Set(users.map(({ amount }) => amount)).size).toBe(3 * amounts);
});
