import { expect, test } from 'vitest';
import { halvesOf, lostPercent, lostUpdates } from './lost-updates.ts';

/** Consecutive writes: the request and the version that it had read. */
const written = (...writes: readonly (readonly [requestId: string, readVersion: number])[]) =>
  writes.map(([requestId, readVersion], overwroteVersion) => ({ userId: 7, requestId, readVersion, overwroteVersion }));

test('an acknowledged update is lost when the next write had not read it', () => {
  const writes = written(['pay', 0], ['late', 0]);
  expect(lostUpdates(writes, new Set(['pay', 'late']))).toEqual(['pay']);
});

test('an update overwritten by a write that had read it is not lost', () => {
  const writes = written(['pay', 0], ['cancel', 1], ['late', 0]);
  expect(lostUpdates(writes, new Set(['pay', 'cancel', 'late']))).toEqual(['cancel']);
});

test('concurrent writes lose all updates except the last', () => {
  const writes = written(['a', 0], ['b', 0], ['c', 0]);
  expect(lostUpdates(writes, new Set(['a', 'b', 'c']))).toEqual(['a', 'b']);
});

test('an acknowledged update that the database does not have is lost', () => {
  expect(lostUpdates(written(['pay', 0]), new Set(['pay', 'gone']))).toEqual(['gone']);
});

test('an unacknowledged update cannot be lost', () => {
  expect(lostUpdates(written(['pay', 0], ['late', 0]), new Set(['late']))).toEqual([]);
});

test('checks each user separately', () => {
  const [first] = written(['pay', 0]);
  const [, late] = written(['other', 0], ['late', 0]);
  if (!first || !late) throw new Error('no writes');
  expect(lostUpdates([first, { ...late, userId: 8 }], new Set(['pay', 'late']))).toEqual([]);
});

test.each([
  [0, 500, 0],
  [20, 500, 4],
  [1, 3, 33.3],
  [2, 3, 66.7],
  [0, 0, 0],
  [1, 3000, 0.03],
])('%i lost of %i acknowledged updates are %d %', (lost, acknowledged, percent) => {
  expect(lostPercent({ lost, acknowledged })).toBe(percent);
});

test('counts the losses of both halves of a load’s time', () => {
  const acknowledged = [110, 20, 60, 90, 10].map((returnedAtMs) => ({ requestId: `at-${returnedAtMs}`, returnedAtMs }));
  expect(halvesOf(acknowledged, new Set(['at-20', 'at-90', 'at-110', 'another']))).toEqual([
    { acknowledged: 3, lost: 1 },
    { acknowledged: 2, lost: 2 },
  ]);
});
