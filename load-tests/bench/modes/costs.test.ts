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

test('only what was carried out counts as served; the wait of those who were sent away counts as well', () => {
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

test('a mode that carries nothing out has no figures', () => {
  expect(() => figuresOf({ ...load, answers: { unavailable: 200 } })).toThrow(
    'nothing was carried out: {"unavailable":200}',
  );
});

test('a mode is compared with none of the same round, as a machine that halves its speed between rounds halves both', () => {
  const rounds = [
    { none: figures(1000, 10), redis: figures(900, 12) },
    { none: figures(500, 20), redis: figures(400, 30) },
    { none: figures(100, 100), redis: figures(70, 110) },
  ];
  const [none, redis] = costsOf(['none', 'redis'], rounds);
  expect(none).toMatchObject({ mode: 'none', perSecond: 500, p99Ms: 20, besideNone: { perSecond: 1, p99Ms: 1 } });
  expect(redis).toMatchObject({ mode: 'redis', perSecond: 400, p99Ms: 30 });
  expect(redis?.besideNone.perSecond).toBeCloseTo(0.8);
  expect(redis?.besideNone.p99Ms).toBeCloseTo(1.2); // of 1.2, 1.5, 1.1; of the medians it would be 1.5
});

test('a round without one of the modes is an error', () => {
  expect(() => costsOf(['none', 'row'], [{ none: figures(1, 1) }])).toThrow('a round has nothing of row');
});
