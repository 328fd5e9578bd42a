import { expect, test } from 'vitest';
import { event, lostUpdate } from '../fixtures/runs.ts';
import { isWaiting, waitOf } from './run.ts';

test('a request waits from its lock request until it is admitted or answered', () => {
  const asks = [event('pay', 'waiting', 1), event('cancel', 'waiting', 2)];
  expect(isWaiting(asks, 'pay')).toBe(true);
  expect(isWaiting([...asks, event('pay', 'granted', 3)], 'pay')).toBe(false);
  expect(isWaiting([...asks, event('pay', 'granted', 3)], 'cancel')).toBe(true);
  expect(isWaiting([...asks, event('cancel', 'answered', 3)], 'cancel')).toBe(false);
  expect(isWaiting([event('pay', 'read', 1)], 'pay')).toBe(false);
  const again = [event('pay', 'granted', 3), event('pay', 'released', 4), event('pay', 'waiting', 5)];
  expect(isWaiting([...asks, ...again], 'pay')).toBe(true);
});

test('the lock wait is the sum of all waits, and undefined without any', () => {
  const waits = [event('pay', 'granted', 3, { tookMs: 2 }), event('pay', 'granted', 9, { tookMs: 5 })];
  expect(waitOf([...waits, event('cancel', 'granted', 9, { tookMs: 100 })], 'pay')).toBe(7);
  expect(waitOf(lostUpdate, 'pay')).toBeUndefined();
});
