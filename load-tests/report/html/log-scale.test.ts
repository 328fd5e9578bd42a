import { expect, test } from 'vitest';
import { logScale } from './log-scale.ts';

test('holds all values within whole decades, with a tick at each', () => {
  const { percentOf, ticks } = logScale([0.5, 30]);
  expect(ticks).toEqual([0.1, 1, 10, 100]);
  expect([0.1, 10, 100].map(percentOf).map(Math.round)).toEqual([0, 67, 100]);
});

test('a single value that is a power of ten has a decade of its own', () => {
  const { percentOf, ticks } = logScale([10]);
  expect(ticks).toEqual([10, 100]);
  expect(percentOf(10)).toBe(0);
});
