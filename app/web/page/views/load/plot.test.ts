import { expect, test } from 'vitest';
import type { LoadRequest } from '../../state/load/record.ts';
import { nearestDot, nextLost, pathOf, plotLoad } from './plot.ts';

const request = (sentMs: number, tookMs?: number, isStale = false): LoadRequest => ({
  ...{ requestId: `${sentMs}`, kind: 'pay', userId: 1, sentMs, isStale },
  ...(tookMs !== undefined && { tookMs, said: 'paid' }),
});
const plot = plotLoad([request(0, 50), request(2500, 200, true), request(3000), request(5000, 100, true)], 5);

test('places answered requests by when they were sent and how long they took', () => {
  expect(plot.dots.map(({ x, y }) => [x, y])).toEqual([
    [0, 75],
    [50, 0],
    [100, 50],
  ]);
  expect(plot.seconds.map(({ value, at }) => [value, at])).toEqual(
    [0, 1, 2, 3, 4, 5].map((second) => [second, second * 20]),
  );
  expect(plot.waits.map(({ value }) => value)).toEqual([0, 50, 100, 150, 200]);
  expect(pathOf(plot.dots)).toBe('M0 75h0M50 0h0M100 50h0');
  expect(plotLoad([], 5)).toMatchObject({ dots: [] });
});

test('finds the dot that was clicked, and none far from all', () => {
  const size = { width: 1000, height: 200 };
  expect(nearestDot(plot.dots, { x: 12, y: 140 }, size)).toBe(0);
  expect(nearestDot(plot.dots, { x: 990, y: 95 }, size)).toBe(2);
  expect(nearestDot(plot.dots, { x: 700, y: 20 }, size)).toBeUndefined();
  expect(nearestDot([], { x: 0, y: 0 }, size)).toBeUndefined();
});

test('goes from lost update to lost update', () => {
  expect([undefined, 0, 1, 2].map((from) => nextLost(plot.dots, from, 1))).toEqual([1, 1, 2, undefined]);
  expect([undefined, 0, 1, 2].map((from) => nextLost(plot.dots, from, -1))).toEqual([
    undefined,
    undefined,
    undefined,
    1,
  ]);
});
