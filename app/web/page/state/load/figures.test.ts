import { expect, test } from 'vitest';
import { keepFigures, type LoadFigures, measure, mostKept, readFigures, scoresOf } from './figures.ts';
import type { LoadRequest } from './record.ts';

const request = (sentMs: number, tookMs?: number, said = 'paid', instance = 'app-1'): LoadRequest => ({
  ...{ requestId: `${sentMs}`, kind: 'pay', userId: 1, sentMs, isStale: false },
  ...(tookMs !== undefined && { tookMs, said, instance }),
});

test('measures answered requests, up to the last answer', () => {
  const requests = Array.from({ length: 200 }, (_, index) =>
    request(index * 10, index + 1, 'paid', `app-${index % 3}`),
  );
  const unanswered = [request(100), request(5000, 8000, 'unreachable')];
  expect(measure([...requests, ...unanswered])).toEqual({
    requests: 200,
    requestsPerSecond: 200 / 2.19,
    p99Ms: 198,
    instances: 3,
  });
  expect(measure([request(0, 7)])).toMatchObject({ requests: 1, p99Ms: 7 });
  expect(measure(unanswered)).toEqual({ requests: 0, requestsPerSecond: 0, p99Ms: 0, instances: 0 });
});

const figures: LoadFigures = {
  ...{ mode: 'none', endedAtMs: 1, requests: 40, requestsPerSecond: 8, p99Ms: 90 },
  ...{ lostUpdates: 3, isWhole: true, inconsistent: 1, instances: 3 },
};
const loads = (count: number): readonly LoadFigures[] =>
  Array.from({ length: count }, (_, index) => ({ ...figures, lostUpdates: index })).reduce(keepFigures, []);

test('keeps the last loads of each mode', () => {
  const kept = keepFigures(loads(mostKept + 3), { ...figures, mode: 'redis', lostUpdates: 0 });
  expect(kept.map(({ mode, lostUpdates }) => [mode, lostUpdates])).toEqual([
    ...[3, 4, 5, 6, 7].map((lost) => ['none', lost]),
    ['redis', 0],
  ]);
});

test('shows the latest load of each mode, and how much the lost updates vary', () => {
  const redis: LoadFigures = { ...figures, mode: 'redis', lostUpdates: 0 };
  expect(scoresOf([redis, ...loads(3)])).toEqual([
    { mode: 'none', latest: { ...figures, lostUpdates: 2 }, loads: 3, lost: [0, 2] },
    { mode: 'redis', latest: redis, loads: 1, lost: [0, 0] },
  ]);
  expect(scoresOf([])).toEqual([]);
});

test('reads what was stored, and leaves out what is not of this form', () => {
  expect(readFigures(JSON.stringify(loads(2)))).toEqual(loads(2));
  const { p99Ms: _, ...old } = figures;
  const wrong = [old, null, 7, { ...figures, mode: 'gone' }, { ...figures, requests: -1 }, { ...figures, isWhole: 1 }];
  expect(readFigures(JSON.stringify([...wrong, { ...figures, inconsistent: null }]))).toEqual([
    { ...figures, inconsistent: null },
  ]);
  for (const text of [null, '', '{', '{}', '7']) expect(readFigures(text)).toEqual([]);
});
