import { expect, test } from 'vitest';
import { judgedWaits } from './waits.ts';

test('a waiter that starves until the end counts with what it has waited so far', () => {
  expect(judgedWaits([1, 2, 3], [2000])).toEqual([1, 2, 3, 2000]);
});

test('waits that have only just begun do not make a lock look quicker', () => {
  expect(judgedWaits([100, 140, 120], [5, 60, 120])).toEqual([100, 140, 120]);
});

test('where nobody was let in, all who wait count', () => {
  expect(judgedWaits([], [5, 2000])).toEqual([5, 2000]);
});
