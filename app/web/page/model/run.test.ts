import { expect, test } from 'vitest';
import { event, lostUpdate } from './made-up.ts';
import { compareIds, inOrder, isStaleWrite, isWaiting, waitOf } from './run.ts';

test('ids of the stream are compared as numbers, part by part', () => {
  const sorted = ['9-0', '10-0', '10-2', '10-10'];
  expect(sorted.toReversed().sort(compareIds)).toEqual(sorted);
});

test('events are in the order of their times, and of one instant in that of the stream', () => {
  const [early, late] = [event('pay', 'read', 1), event('cancel', 'read', 2)];
  const same = [event('pay', 'decided', 2, { id: '1-9' }), event('pay', 'charged', 2, { id: '1-10' })];
  expect(inOrder([...same.toReversed(), late, early])[0]).toBe(early);
  expect(inOrder(same.toReversed())).toEqual(same);
});

test('a write is stale exactly when it overwrote another version than it had read', () => {
  expect(lostUpdate.filter(isStaleWrite)).toMatchObject([{ kind: 'pay', step: 'written' }]);
  expect(isStaleWrite(event('pay', 'written', 1, { readVersion: 3 }))).toBe(false); // what it overwrote is not known
  expect(isStaleWrite(event('pay', 'refused', 1, { readVersion: 3 }))).toBe(false);
});

test('a request waits from when it asks until it is let in or answered', () => {
  const asks = [event('pay', 'waiting', 1), event('cancel', 'waiting', 2)];
  expect(isWaiting(asks, 'pay')).toBe(true);
  expect(isWaiting([...asks, event('pay', 'granted', 3)], 'pay')).toBe(false);
  expect(isWaiting([...asks, event('pay', 'granted', 3)], 'cancel')).toBe(true);
  expect(isWaiting([...asks, event('cancel', 'answered', 3)], 'cancel')).toBe(false);
  expect(isWaiting([event('pay', 'read', 1)], 'pay')).toBe(false);
  const again = [event('pay', 'granted', 3), event('pay', 'released', 4), event('pay', 'waiting', 5)];
  expect(isWaiting([...asks, ...again], 'pay')).toBe(true);
});

test('how long a request waited is the sum of its waits, and nothing for one that never had to ask', () => {
  const waits = [event('pay', 'granted', 3, { tookMs: 2 }), event('pay', 'granted', 9, { tookMs: 5 })];
  expect(waitOf([...waits, event('cancel', 'granted', 9, { tookMs: 100 })], 'pay')).toBe(7);
  expect(waitOf(lostUpdate, 'pay')).toBeUndefined();
});
