import { expect, test } from 'vitest';
import { randomTrace } from '../../fixtures/random-trace.ts';
import { situations } from '../../fixtures/situations.ts';
import { readTrace, type Step } from '../../trace/steps.ts';
import type { Placement } from './place.ts';
import { placeInTime } from './place-in-time.ts';

const race = readTrace(situations.raceInNone()).steps;
const place = (steps: readonly Step[], width: number, zoom = 1): Placement => {
  const [placement] = placeInTime({ runs: [steps], wanted: width, zoom });
  if (!placement) throw new Error('no placement');
  return placement;
};
const rateIn = (note: string) => {
  const [, value = '', unit] = /100 pixels are ([\d.]+) (ms|s)\b/.exec(note) ?? [];
  return 100 / (Number(value) * (unit === 's' ? 1000 : 1));
};

test('a step of 2 ms can be seen beside one of 2 s', () => {
  const { extents } = place(race, 1000);
  const widths = race.map(({ column }) => (extents[column]?.right ?? 0) - (extents[column]?.left ?? 0));
  expect(Math.min(...widths)).toBeGreaterThanOrEqual(24 - 1e-6);
  expect(Math.max(...widths)).toBeGreaterThan(600);
});

test('has the wanted width, scaled by the zoom', () => {
  expect(place(race, 1000).width).toBeCloseTo(1000, 3);
  expect(place(race, 1000, 3).width).toBeCloseTo(3000, 3);
});

test('leaves some width for time even if the minimum widths exceed the room', () => {
  const [narrow, wide] = [place(race, 10), place(race, 100)];
  expect(narrow.width).toBeCloseTo(wide.width, 3);
  const charged = race.find(({ event }) => event.step === 'charged');
  const { left, right } = narrow.extents[charged?.column ?? -1] ?? { left: 0, right: 0 };
  expect(right - left).toBeGreaterThan(100);
});

test('draws to scale except where the axis is hatched', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { steps } = readTrace(randomTrace(seed));
    const { extents, axis } = place(steps, 1200);
    const rate = rateIn(axis.note);
    const edges = steps
      .flatMap(({ column, startMs, endMs }) => [
        { ms: startMs, x: extents[column]?.left ?? 0 },
        { ms: endMs, x: extents[column]?.right ?? 0 },
      ])
      .sort((a, b) => a.x - b.x || a.ms - b.ms);
    edges.forEach(({ ms, x }, index) => {
      const before = edges[index - 1];
      if (!before) return;
      const [drawn, fair] = [x - before.x, (ms - before.ms) * rate];
      const hatched = axis.stretched.some(({ left, right }) => left <= before.x + 0.01 && right >= x - 0.01);
      // The note's rate is rounded; smaller differences than three pixels or half are not hatched.
      const most = hatched ? Number.POSITIVE_INFINITY : Math.max(fair * 1.6, fair * 1.1 + 4);
      if (!(drawn < most && drawn >= fair * 0.9 - 0.01)) expect.fail(`seed ${seed}: ${drawn} px for ${fair}`);
    });
  }
});

test('without hatching, equal times have equal widths', () => {
  const { axis } = place(race, 1000);
  const xOf = (label: string) => axis.ticks.find((tick) => tick.label === label)?.x ?? Number.NaN;
  const [early, late] = [xOf('0.8 s') - xOf('0.4 s'), xOf('1.8 s') - xOf('1.4 s')];
  expect(early).toBeCloseTo(late, 3);
  expect(early / (400 * rateIn(axis.note))).toBeCloseTo(1, 1);
});

test('ticks are ordered, spaced, and at the time that they name', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { steps } = readTrace(randomTrace(seed));
    const { extents, axis } = place(steps, 1200);
    axis.ticks.forEach(({ x, label }, index) => {
      expect(x - (axis.ticks[index - 1]?.x ?? -100), `seed ${seed}`).toBeGreaterThanOrEqual(56);
      const ms = Number.parseFloat(label) * (label.endsWith(' ms') ? 1 : 1000);
      const misplaced = steps.filter(({ column, startMs, endMs }) => {
        const { left, right } = extents[column] ?? { left: 0, right: 0 };
        return (endMs < ms - 0.01 && !(right <= x + 0.01)) || (startMs > ms + 0.01 && !(left >= x - 0.01));
      });
      expect(misplaced, `seed ${seed}, ${label}`).toEqual([]);
    });
  }
});

test('the times of the ticks are equally far apart', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { steps } = readTrace(randomTrace(seed));
    for (const width of [260, 700, 1200, 5000]) {
      const times = place(steps, width).axis.ticks.map(({ label }) => Number.parseFloat(label));
      const gaps = times.slice(1).map((time, index) => Number((time - (times[index] ?? 0)).toFixed(6)));
      expect(new Set(gaps).size, `seed ${seed}, width ${width}: ${times}`).toBeLessThanOrEqual(1);
      expect(times.length, `seed ${seed}, width ${width}`).toBeGreaterThan(1);
    }
  }
});

test('draws simultaneous steps side by side', () => {
  const steps = race.map((step) => ({ ...step, startMs: 0, endMs: 0 }));
  const { extents, width } = place(steps, 500);
  expect(extents.every(({ left, right }) => right - left >= 24)).toBe(true);
  expect(Number.isFinite(width)).toBe(true);
});

test('several runs share one axis: a time is at the same place in each', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const runs = [randomTrace(seed), randomTrace(seed + 100)].map((events) => readTrace(events).steps);
    const placements = placeInTime({ runs, wanted: 1200, zoom: 1 });
    expect(new Set(placements.map(({ width }) => width)).size).toBe(1);
    expect(placements[0]?.axis).toEqual(placements[1]?.axis);
    const ends = runs.flatMap((steps, run) =>
      steps.map(({ column, endMs }) => ({ endMs, right: placements[run]?.extents[column]?.right ?? Number.NaN })),
    );
    ends.sort((a, b) => a.endMs - b.endMs || a.right - b.right);
    ends.forEach(({ right }, index) => {
      expect(right, `seed ${seed}`).toBeGreaterThanOrEqual(ends[index - 1]?.right ?? 0);
    });
  }
});
