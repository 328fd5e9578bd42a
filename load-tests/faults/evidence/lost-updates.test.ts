import { expect, test } from 'vitest';
import { lostPercent, lostUpdates } from './lost-updates.ts';

/** One write after the other: who wrote, and which version it had read. */
const written = (...writes: readonly (readonly [requestId: string, readVersion: number])[]) =>
  writes.map(([requestId, readVersion], overwroteVersion) => ({ userId: 7, requestId, readVersion, overwroteVersion }));

test('an acknowledged update is lost when the next write had not seen it', () => {
  const writes = written(['pay', 0], ['late', 0]);
  expect(lostUpdates(writes, new Set(['pay', 'late']))).toEqual(['pay']);
});

test('what was overwritten by somebody who had seen it is not lost, whoever writes after that', () => {
  const writes = written(['pay', 0], ['cancel', 1], ['late', 0]);
  expect(lostUpdates(writes, new Set(['pay', 'cancel', 'late']))).toEqual(['cancel']);
});

test('each of those who overwrite each other unseen has lost its update, but for the last', () => {
  const writes = written(['a', 0], ['b', 0], ['c', 0]);
  expect(lostUpdates(writes, new Set(['a', 'b', 'c']))).toEqual(['a', 'b']);
});

test('an update that nobody was told of cannot be lost', () => {
  expect(lostUpdates(written(['pay', 0], ['late', 0]), new Set(['late']))).toEqual([]);
});

test('users are looked at one by one', () => {
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
])('%i lost of %i acknowledged are %d %', (lost, acknowledged, percent) => {
  expect(lostPercent({ lost, acknowledged })).toBe(percent);
});
