import { expect, test } from 'vitest';
import { withAmounts } from './amounts.ts';

test('gives each user one unique amount', () => {
  expect(withAmounts([7, 8, 9], 1)).toEqual([
    { id: 7, amount: 1000 },
    { id: 8, amount: 1001 },
    { id: 9, amount: 1002 },
  ]);
});

test.each([2, 3, 4])('gives each user %d amounts, all unique', (amounts) => {
  const users = withAmounts([7, 8, 9], amounts);
  for (const id of [7, 8, 9]) expect(users.filter((user) => user.id === id)).toHaveLength(amounts);
  expect(new Set(users.map(({ amount }) => amount)).size).toBe(3 * amounts);
});
