import { expect, test } from 'vitest';
import { largest, mean, median, percentile } from './statistics.ts';

test('the median is the middle value or the mean of the middle two', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 2, 9])).toBe(5.5);
  expect(median([])).toBeNaN();
});

test('a percentile is one of the values, by nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(percentile(values, 99)).toBe(198);
  expect(percentile(values, 50)).toBe(100);
  expect(percentile(values, 100)).toBe(200);
  expect(percentile([1, 2, 3, 4], 60)).toBe(3); // only half do not exceed 2
  expect(percentile([7], 1)).toBe(7);
  expect(percentile([], 99)).toBeNaN();
});

test('sorts numerically', () => {
  expect(percentile([10, 9, 100], 100)).toBe(100);
  expect(median([10, 9, 100])).toBe(10);
});

test('mean and largest', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(largest([3, 8, 2])).toBe(8);
  expect(largest([])).toBe(0);
});
