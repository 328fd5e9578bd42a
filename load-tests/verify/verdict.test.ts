import { expect, test } from 'vitest';
import { verdictOf } from './verdict.ts';

const clean = { staleWrites: 0, accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0, linearizable: null };

const load = { overlapping: 1, answers: { paid: 1, cancelled: 1 } };

test('held when overlapping requests were carried out without a violation', () => {
  expect(verdictOf(clean, load)).toBe('held');
  expect(verdictOf({ ...clean, linearizable: true }, load)).toBe('held');
});

test.each([
  ['no requests for one user overlapped', { ...load, overlapping: 0 }],
  ['every request was refused', { overlapping: 500, answers: { unavailable: 1000 } }],
  ['no payment succeeded', { overlapping: 500, answers: { nothing_to_cancel: 1000 } }],
])('inconclusive when %s', (_why, nothingTested) => {
  expect(verdictOf(clean, nothingTested)).toBe('inconclusive');
});

test.each([
  { staleWrites: 1 },
  { accessWithoutPaying: 1 },
  { chargedTwice: 1 },
  { chargedWithoutAccess: 1 },
  { linearizable: false },
])('violated when one witness finds a violation: %j', (seen) => {
  expect(verdictOf({ ...clean, ...seen }, load)).toBe('violated');
  expect(verdictOf({ ...clean, ...seen }, { overlapping: 0, answers: {} })).toBe('violated');
});
