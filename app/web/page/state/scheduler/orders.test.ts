import { expect, test } from 'vitest';
import { nextInOrder, orders, ordersOf, type Turn } from './orders.ts';
import type { Name } from './stepping.ts';

const both: readonly Name[] = ['A', 'B'];
const turn = (name: Name, could: readonly Name[] = both, blocked = false): Turn => ({ name, could, blocked });
const turns = (names: string) => [...names].map((name) => turn(name as Name));

test('there are 20 orders of three steps each', () => {
  expect([orders.length, new Set(orders).size]).toEqual([20, 20]);
  expect([orders[0], orders[1], orders.at(-1)]).toEqual(['AAABBB', 'AABABB', 'BBBAAA']);
  for (const order of orders) expect([...order].sort().join('')).toBe('AAABBB');
});

test('follows the order; a request that cannot move is skipped, and moves later', () => {
  expect(nextInOrder('AABBBA', turns('AA'), both)).toBe('B');
  expect(nextInOrder('AABBBA', turns('AA'), ['A'])).toBe('A');
  const blocked = [...turns('AA'), turn('B', both, true), turn('A', ['A'])];
  expect(nextInOrder('AABBBA', blocked, ['B'])).toBe('B');
  expect(nextInOrder('AABBBA', turns('AABBBA'), both)).toBe('A'); // what is left: the pay first
  expect(nextInOrder('AABBBA', turns('AABBBA'), [])).toBeUndefined();
});

test('the turns of an order are its own', () => {
  for (const order of orders) expect(ordersOf(turns(order))).toEqual([order]);
});

test('turns belong to every order in which they are played', () => {
  // The cancel finds nothing, and ends with its first step.
  const early = [turn('A'), turn('B'), turn('A', ['A']), turn('A', ['A'])];
  expect(ordersOf(early)).toEqual(orders.filter((order) => order.startsWith('AB')));
  // The lock blocks the cancel until the pay has ended.
  const kept = [turn('A'), turn('A'), turn('B', both, true), turn('A', ['A']), ...'BBB'].map((one) =>
    typeof one === 'string' ? turn('B', ['B']) : one,
  );
  expect(ordersOf(kept)).toEqual(['AABABB', 'AABBAB', 'AABBBA']);
  // The lock expires, and the cancel is admitted beside the pay.
  const expired = [turn('A'), turn('A'), turn('B', both, true), ...turns('BBB'), turn('A', ['A'])];
  expect(ordersOf(expired)).toEqual(['AABBBA']);
  // The pay was refused its write, and started again.
  expect(ordersOf([...turns('AABBBA'), ...turns('AAAA').map(() => turn('A', ['A']))])).toEqual(['AABBBA']);
});
