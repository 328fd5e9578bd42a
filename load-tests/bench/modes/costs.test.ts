import { expect, test } from 'vitest';
import { costsOf, type Figures, figuresOf } from './costs.ts';

const figures = (perSecond: number, p99Ms: number): Figures => ({ perSecond, p99Ms, notCarriedOut: 0 });

const load = {
  requests: 200,
  requestsPerSecond: 100,
  latencyMs: { p50: 3, p99: 70 },
  latencyPercentiles: [],
  errors: 1,
  overlapping: 5,
};

test('counts only carried-out requests as throughput, but all answers in the latency', () => {
  const answers = {
    paid: 60,
    already_paid: 40,
    cancelled: 30,
    nothing_to_cancel: 20,
    'lock-busy': 45,
    'stale-write': 4,
    unfinished: 1,
  };
  expect(figuresOf({ ...load, answers })).toEqual({ perSecond: 75, p99Ms: 70, notCarriedOut: 0.25 });
});

test('rejects a load of which no request was carried out', () => {
  expect(() => figuresOf({ ...load, answers: { unavailable: 200 } })).toThrow(
    'no request was carried out: {"unavailable":200}',
  );
});

test('compares a mode with none in the same round, so that machine speed cancels out', () => {
  const rounds = [
    { none: figures(1000, 10), redis: figures(900, 12) },
    { none: figures(500, 20), redis: figures(400, 30) },
    { none: figures(100, 100), redis: figures(70, 110) },
  ];
  const [none, redis] = costsOf(['none', 'redis'], rounds);
  expect(none).toMatchObject({ mode: 'none', perSecond: 500, p99Ms: 20, besideNone: { perSecond: 1, p99Ms: 1 } });
  expect(redis).toMatchObject({ mode: 'redis', perSecond: 400, p99Ms: 30 });
  expect(redis?.besideNone.perSecond).toBeCloseTo(0.8);
  expect(redis?.besideNone.p99Ms).toBeCloseTo(1.2); // median of 1.2, 1.5, 1.1; the ratio of the medians is 1.5
});

test('rejects a round that lacks a mode', () => {
  expect(() => costsOf(['none', 'row'], [{ none: figures(1, 1) }])).toThrow('a round lacks mode row');
});
