import { expect, test } from 'vitest';
import { singleViolations } from './fixtures.ts';
import { noWitnesses, verdictOf } from './verdict.ts';

const load = { overlapping: 1, answers: { paid: 1, cancelled: 1 } };

test('held when overlapping requests were carried out without a violation', () => {
  expect(verdictOf(noWitnesses, load)).toBe('held');
  expect(verdictOf({ ...noWitnesses, linearizable: true }, load)).toBe('held');
  expect(verdictOf(noWitnesses, { ...load, history: { users: 4, onlyByUnknown: 2 } })).toBe('held');
});

test.each([
  ['no requests for one user overlapped', { ...load, overlapping: 0 }],
  ['every request was refused', { overlapping: 500, answers: { unavailable: 1000 } }],
  ['calls of unknown outcome explain most histories', { ...load, history: { users: 3, onlyByUnknown: 2 } }],
  ['a fault met no request', { ...load, missedItsFault: true }],
  ['no payment succeeded', { overlapping: 500, answers: { nothing_to_cancel: 1000 } }],
])('inconclusive when %s', (_why, nothingTested) => {
  expect(verdictOf(noWitnesses, nothingTested)).toBe('inconclusive');
});

test.each(singleViolations)('violated when one witness finds a violation: %j', (seen) => {
  expect(verdictOf({ ...noWitnesses, ...seen }, load)).toBe('violated');
  expect(verdictOf({ ...noWitnesses, ...seen }, { overlapping: 0, answers: {} })).toBe('violated');
});
