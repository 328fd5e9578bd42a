import { expect, test } from 'vitest';
import { expectedVerdict } from './expectation.ts';

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
