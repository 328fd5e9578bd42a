import { expect, test } from 'vitest';
import { boundPerSecond, representativeWaits, roundRobinWaitMs } from './contended-slice.ts';

test('bounds throughput by back-to-back holds', () => {
  expect(boundPerSecond({ waiters: 32, heldMs: 5, pauseMs: 20 })).toBe(200);
});

test('bounds throughput by the waiters when they pause longer than the others hold', () => {
  expect(boundPerSecond({ waiters: 2, heldMs: 5, pauseMs: 20 })).toBe(80);
});

test('a round-robin wait is the holds of all others less the own pause', () => {
  expect(roundRobinWaitMs({ waiters: 32, heldMs: 5, pauseMs: 20 })).toBe(31 * 5 - 20);
  expect(roundRobinWaitMs({ waiters: 2, heldMs: 20, pauseMs: 0 })).toBe(20);
});

test('a round-robin wait is 0 when the pause exceeds a round', () => {
  expect(roundRobinWaitMs({ waiters: 2, heldMs: 5, pauseMs: 20 })).toBe(0);
});

test('counts the pending wait of a starved waiter', () => {
  expect(representativeWaits([1, 2, 3], [2000])).toEqual([1, 2, 3, 2000]);
});

test('ignores pending waits that have only just begun', () => {
  expect(representativeWaits([100, 140, 120], [5, 60, 120])).toEqual([100, 140, 120]);
});

test('counts all pending waits when none has ended', () => {
  expect(representativeWaits([], [5, 2000])).toEqual([5, 2000]);
});
