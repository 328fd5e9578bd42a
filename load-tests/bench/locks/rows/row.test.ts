import { expect, test } from 'vitest';
import { atLeast, atMost, best, figure } from './row.ts';

const measured = { a: { perSecond: 90 }, b: { perSecond: 100 }, c: { perSecond: Number.NaN } };
const of = (name: string) => measured[name as keyof typeof measured];

test('picks the lowest or highest of the measured figures', () => {
  expect(best(['a', 'b', 'c', 'd'], of, 'perSecond', 'highest')?.name).toBe('b');
  expect(best(['a', 'b', 'c', 'd'], of, 'perSecond', 'lowest')?.name).toBe('a');
  expect(best(['c', 'd'], of, 'perSecond', 'lowest')).toBeUndefined();
});

test('includes the bound itself', () => {
  expect([atMost(1.25, 1.25, '').holds, atMost(1.25, 1.26, '').holds]).toEqual([true, false]);
  expect([atLeast(0.9, 0.9, '').holds, atLeast(0.9, 0.89, '').holds]).toEqual([true, false]);
});

test('holds no claim about a figure that was not measured', () => {
  expect(atMost(1, figure({}, 'ratio'), '').holds).toBe(false);
  expect(atLeast(1, figure({}, 'ratio'), '').holds).toBe(false);
});
