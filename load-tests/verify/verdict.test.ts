import { expect, test } from 'vitest';
import { expectedVerdict } from './expectation.ts';
import { verdictOf } from './verdict.ts';

const clean = { staleWrites: 0, accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0, linearizable: null };

test('held, when requests met and no witness saw anything', () => {
  expect(verdictOf(clean, 1)).toBe('held');
  expect(verdictOf({ ...clean, linearizable: true }, 1)).toBe('held');
});

test('inconclusive, when no two requests for one user met', () => {
  expect(verdictOf(clean, 0)).toBe('inconclusive');
});

test.each([
  { staleWrites: 1 },
  { accessWithoutPaying: 1 },
  { chargedTwice: 1 },
  { chargedWithoutAccess: 1 },
  { linearizable: false },
])('violated, as soon as one witness says so: %j', (seen) => {
  expect(verdictOf({ ...clean, ...seen }, 1)).toBe('violated');
  expect(verdictOf({ ...clean, ...seen }, 0)).toBe('violated');
});

test('a mutex in the process is expected to hold on one instance only', () => {
  expect(expectedVerdict('memory', 1)).toBe('held');
  expect(expectedVerdict('memory', 3)).toBe('violated');
  expect(expectedVerdict('none', 1)).toBe('violated');
  expect(expectedVerdict('redis', 3)).toBe('held');
});
