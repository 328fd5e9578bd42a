import { expect, test } from 'vitest';
import { countViolations } from './holdings.ts';

const holding = (fromMs: number, toMs: number) => ({ fromMs, toMs });

test('one after the other, told in any order, is as it should be', () => {
  expect(countViolations([holding(20, 30), holding(0, 10), holding(10, 20)])).toBe(0);
});

test('every holder who comes while another is in is a violation', () => {
  expect(countViolations([holding(0, 10), holding(9, 12)])).toBe(1);
  expect(countViolations([holding(0, 10), holding(1, 2), holding(5, 6)])).toBe(2);
});

test('a long holder is remembered behind a short one', () => {
  expect(countViolations([holding(0, 100), holding(1, 2), holding(50, 60)])).toBe(2);
});
