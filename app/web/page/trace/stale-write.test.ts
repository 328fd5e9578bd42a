import { expect, test } from 'vitest';
import { event, lostUpdate } from '../fixtures/runs.ts';
import { describeStaleWrite, findLostWrite, isStaleWrite } from './stale-write.ts';

test('a write is stale exactly when it overwrote another version than it read', () => {
  expect(lostUpdate.filter(isStaleWrite)).toMatchObject([{ kind: 'pay', step: 'written' }]);
  expect(isStaleWrite(event('pay', 'written', 1, { readVersion: 3 }))).toBe(false); // what it overwrote is unknown
  expect(isStaleWrite(event('pay', 'refused', 1, { readVersion: 3 }))).toBe(false);
});

test('describes a stale write with the version that it lost', () => {
  const write = lostUpdate.find(isStaleWrite);
  if (!write) throw new Error('no stale write');
  const lostWrite = findLostWrite(write, lostUpdate);
  expect(lostWrite).toMatchObject({ kind: 'cancel', step: 'written' });
  expect(describeStaleWrite(write, lostWrite)).toBe('wrote v2 (paid), decided on v0: v1 (unpaid) is lost');
  expect(findLostWrite(write, [write])).toBeUndefined();
  expect(describeStaleWrite(write, undefined)).toBe('wrote v2 (paid), decided on v0: v1 is lost');
});
