import { expect, test } from 'vitest';
import { callOf, loadOf } from './fixtures.ts';
import { answersOverTime } from './load-result.ts';

test('counts each answer in its bucket, in consecutive buckets from the first call', () => {
  const load = loadOf(callOf('paid', 1010, 1050), callOf('refused', 1020, 1105), callOf('unknown', 1030, 1315));
  const other = loadOf(callOf('already_paid', 1040, 1109.9), callOf('cancelled', 1040, 1110));
  expect(answersOverTime([load, other], 1000)).toEqual({
    fromMs: 10,
    bucketMs: 100,
    buckets: [
      { carriedOut: 2, refused: 1, unknown: 0 },
      { carriedOut: 1, refused: 0, unknown: 0 },
      { carriedOut: 0, refused: 0, unknown: 0 },
      { carriedOut: 0, refused: 0, unknown: 1 },
    ],
  });
});

test('limits the number of buckets of a long load without losing answers', () => {
  const calls = Array.from({ length: 600 }, (_, index) => callOf('paid', 1e6 + index * 100, 1e6 + index * 100 + 99));
  const { bucketMs, buckets } = answersOverTime([loadOf(...calls)], 0) ?? { bucketMs: 0, buckets: [] };
  expect(bucketMs).toBe(400);
  expect(buckets).toHaveLength(150);
  expect(buckets.reduce((sum, { carriedOut }) => sum + carriedOut, 0)).toBe(600);
});

test('returns undefined without calls', () => {
  expect(answersOverTime([], 0)).toBeUndefined();
  expect(answersOverTime([loadOf()], 0)).toBeUndefined();
});
