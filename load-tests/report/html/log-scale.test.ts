import { expect, test } from 'vitest';
import { logScale } from './log-scale.ts';

test('includes all values in whole decades, with a tick at each', () => {
  const { percentOf, ticks } = logScale([0.5, 30]);
  expect(ticks).toEqual([0.1, 1, 10, 100]);
  expect([0.1, 10, 100].map(percentOf).map(Math.round)).toEqual([0, 67, 100]);
});

test('spans a whole decade for a single power of ten', () => {
  const { percentOf, ticks } = logScale([10]);
  expect(ticks).toEqual([10, 100]);
  expect(percentOf(10)).toBe(0);
});
