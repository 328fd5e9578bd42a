import { expect, test } from 'vitest';
import { boundPerSecond, roundRobinWaitMs } from './closed-queue.ts';

test('the bound is one grant after the other, without a gap', () => {
  expect(boundPerSecond({ waiters: 32, heldMs: 5, pauseMs: 20 })).toBe(200);
});

test('waiters who pause longer than the others hold cannot keep a lock busy', () => {
  expect(boundPerSecond({ waiters: 2, heldMs: 5, pauseMs: 20 })).toBe(80);
});

test('a turn comes round when all the others have had theirs; the pause is a part of that time', () => {
  expect(roundRobinWaitMs({ waiters: 32, heldMs: 5, pauseMs: 20 })).toBe(31 * 5 - 20);
  expect(roundRobinWaitMs({ waiters: 2, heldMs: 20, pauseMs: 0 })).toBe(20);
});

test('nobody waits where the pause is longer than a whole round', () => {
  expect(roundRobinWaitMs({ waiters: 2, heldMs: 5, pauseMs: 20 })).toBe(0);
});
