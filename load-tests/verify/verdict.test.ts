import { expect, test } from 'vitest';
import { expectedVerdict } from './expectation.ts';
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

test('expects memory to hold on one instance only', () => {
  expect(expectedVerdict('memory', 1)).toBe('held');
  expect(expectedVerdict('memory', 3)).toBe('violated');
  expect(expectedVerdict('none', 1)).toBe('violated');
  expect(expectedVerdict('redis', 3)).toBe('held');
  expect(expectedVerdict('redlock', 3)).toBe('held');
});

test.each(['redis', 'fenced', 'row', 'version'])('expects %s to hold on any number of instances', (mode) => {
  for (const instances of [1, 3]) expect(expectedVerdict(mode, instances)).toBe('held');
});

const guarded = ['naive', 'redis', 'redlock', 'fenced', 'row', 'version'];

test.each(['naive', 'redis', 'redlock'])('expects %s to hold with two amounts only with LOCK_KEY=user', (mode) => {
  expect(expectedVerdict(mode, 3, { amounts: 2, lockKey: 'payment' })).toBe('violated');
  expect(expectedVerdict(mode, 3, { amounts: 2, lockKey: 'user' })).toBe('held');
});

test.each(['fenced', 'row', 'version'])('expects %s to hold with two amounts and either key', (mode) => {
  for (const lockKey of ['payment', 'user'] as const) {
    expect(expectedVerdict(mode, 3, { amounts: 2, lockKey })).toBe('held');
  }
});

test('ignores the key without an effective lock, or with one amount', () => {
  for (const lockKey of ['payment', 'user'] as const) {
    expect(expectedVerdict('none', 1, { amounts: 2, lockKey })).toBe('violated');
    expect(expectedVerdict('memory', 3, { amounts: 2, lockKey })).toBe('violated');
    for (const mode of guarded) expect(expectedVerdict(mode, 3, { amounts: 1, lockKey })).toBe('held');
  }
});

test('expects memory on one instance to depend on the key', () => {
  expect(expectedVerdict('memory', 1, { amounts: 2, lockKey: 'payment' })).toBe('violated');
  expect(expectedVerdict('memory', 1, { amounts: 2, lockKey: 'user' })).toBe('held');
});
