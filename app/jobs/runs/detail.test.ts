import { expect, test } from 'vitest';
import { detailOf } from './detail.ts';

test('joins all lines if they fit', () => {
  expect(detailOf(['a', 'b'], ', ')).toBe('a, b');
  expect(detailOf([])).toBe('');
  expect(detailOf(['x'.repeat(998), 'y'], ' ')).toHaveLength(1000);
});

test('is at most 1000 characters long, and counts the omitted lines', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `user ${index}: ${'x'.repeat(20)}`);
  const detail = detailOf(lines);
  const omitted = Number(/and (\d+) more/.exec(detail)?.[1]);
  expect(detail.length).toBeGreaterThan(950);
  expect(detail.length).toBeLessThanOrEqual(1000);
  expect(detail).toBe(`${lines.slice(0, 100 - omitted).join('; ')}; and ${omitted} more: see the log`);
  expect(detailOf(['x'.repeat(1001), 'y'])).toBe('; and 2 more: see the log');
});
