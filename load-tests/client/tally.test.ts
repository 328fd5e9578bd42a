import { expect, test } from 'vitest';
import { createTally } from './tally.ts';

test('reports latency percentiles in ascending order', () => {
  const tally = createTally();
  for (let ms = 1; ms <= 1000; ms++) tally.took(ms);
  const { latencyMs, latencyPercentiles } = tally.result();
  expect(latencyPercentiles.map(({ percent }) => percent)).toEqual([
    0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 99, 99.9, 100,
  ]);
  // The histogram has a precision of three digits.
  for (const { percent, ms } of latencyPercentiles)
    expect(ms / Math.max(1, percent * 10), `p${percent}`).toBeCloseTo(1, 2);
  expect(latencyPercentiles).toContainEqual({ percent: 50, ms: latencyMs.p50 });
  expect(latencyPercentiles).toContainEqual({ percent: 99, ms: latencyMs.p99 });
});

test('reports no distribution without answers', () => {
  expect(createTally().result().latencyPercentiles).toEqual([]);
});
