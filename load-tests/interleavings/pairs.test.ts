import { expect, test } from 'vitest';
import { everyOrder } from './pairs.ts';

test('lists each of the twenty orders once', () => {
  const orders = everyOrder().map((order) => order.join(''));
  expect(new Set(orders).size).toBe(20);
  for (const order of orders) expect([...order].sort().join('')).toBe('AAABBB');
  expect([orders[0], orders[1], orders.at(-1)]).toEqual(['AAABBB', 'AABABB', 'BBBAAA']);
});
