import { expect, test } from 'vitest';
import { createLimitedRate } from './limited-rate.ts';

test('lets one of a kind through in a time, and counts the others', () => {
  let now = 0;
  const passes = createLimitedRate(1000, () => now);
  expect([passes('a'), passes('a'), passes('b'), passes('a')]).toEqual([0, undefined, 0, undefined]);
  now = 999;
  expect(passes('a')).toBe(undefined);
  now = 1000;
  expect([passes('a'), passes('a'), passes('b')]).toEqual([3, undefined, 0]);
});

test('remembers a bounded number of kinds', () => {
  const passes = createLimitedRate(1000, () => 0);
  for (let kind = 0; kind < 1000; kind++) passes(String(kind));
  expect([passes('999'), passes('0')]).toEqual([undefined, 0]);
});
