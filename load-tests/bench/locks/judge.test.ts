import { expect, test } from 'vitest';
import { atLeast, atMost, best, figure } from './judge.ts';

const measured = { a: { perSecond: 90 }, b: { perSecond: 100 }, c: { perSecond: Number.NaN } };
const of = (name: string) => measured[name as keyof typeof measured];

test('the best is the one with the lowest or the highest figure of those measured', () => {
  expect(best(['a', 'b', 'c', 'd'], of, 'perSecond', 'highest')?.name).toBe('b');
  expect(best(['a', 'b', 'c', 'd'], of, 'perSecond', 'lowest')?.name).toBe('a');
  expect(best(['c', 'd'], of, 'perSecond', 'lowest')).toBeUndefined();
});

test('a bound is met by the bound itself', () => {
  expect([atMost(1.25, 1.25, '').holds, atMost(1.25, 1.26, '').holds]).toEqual([true, false]);
  expect([atLeast(0.9, 0.9, '').holds, atLeast(0.9, 0.89, '').holds]).toEqual([true, false]);
});

test('no claim holds of what was not measured', () => {
  expect(atMost(1, figure({}, 'ratio'), '').holds).toBe(false);
  expect(atLeast(1, figure({}, 'ratio'), '').holds).toBe(false);
});
