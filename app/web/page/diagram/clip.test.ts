import { expect, test } from 'vitest';
import { randomTrace } from '../model/fixtures/random-trace.ts';
import { situations } from '../model/fixtures/situations.ts';
import { clip } from './clip.ts';
import { layOut } from './layout.ts';
import { readTrace } from './steps.ts';

const seeds = Array.from({ length: 8 }, (_, index) => index + 1);
const loads = seeds.map((seed) => readTrace(randomTrace(seed, { requests: 300, users: 1 + (seed % 6) })));
const loadOf = (seed: number) => loads[seed - 1] ?? readTrace([]);

test('what is small enough is shown whole', () => {
  for (const make of Object.values(situations)) {
    const trace = readTrace(make());
    expect(clip(trace)).toEqual({ trace, allSteps: trace.steps.length });
  }
});

test('of 300 requests of a load, whole requests of one user are shown, with both sides of the first lost update', () => {
  for (const seed of seeds) {
    const trace = loadOf(seed);
    const { trace: shown, userId, allSteps } = clip(trace);
    expect(allSteps, `seed ${seed}`).toBe(trace.steps.length);
    expect(shown.requests.length, `seed ${seed}`).toBeLessThanOrEqual(12);
    expect(shown.steps.length, `seed ${seed}`).toBeLessThanOrEqual(200);
    expect(new Set(shown.steps.map(({ event }) => event.userId)), `seed ${seed}`).toEqual(new Set([userId]));
    for (const request of shown.requests) {
      const own = (steps: typeof trace.steps) =>
        steps.filter((step) => step.request === request).map(({ event }) => event);
      expect(own(shown.steps), `seed ${seed}`).toEqual(own(trace.steps));
    }
    const [anomaly] = trace.anomalies;
    if (!anomaly) continue;
    expect(shown.anomalies[0]?.write, `seed ${seed}`).toBe(anomaly.write);
    expect(shown.steps.map(({ event }) => event)).toContain(anomaly.write);
  }
});

test('the picture of a load stays small', () => {
  for (const seed of seeds) {
    for (const scale of ['time', 'order'] as const) {
      const { marks, bands, versions, messages, lost, axis } = layOut(loadOf(seed), { scale, zoom: 24, room: 1200 });
      const drawn = [marks, bands, versions, messages, lost, axis.ticks, axis.stretched].flat().length;
      expect(drawn, `seed ${seed}, ${scale}`).toBeLessThan(1500);
    }
  }
});

test('one can turn on from the first request of a user to the last, and back again', () => {
  const trace = loadOf(5);
  const ofUser = new Set(
    trace.requests.filter(({ userId }) => userId === clip(trace).userId).map(({ requestId }) => requestId),
  );
  let shown = clip(trace);
  while (shown.earlier) shown = clip(trace, shown.earlier);
  const seen = new Set<string>();
  for (;;) {
    for (const { requestId } of shown.trace.requests) seen.add(requestId);
    if (!shown.later) break;
    shown = clip(trace, shown.later);
  }
  expect(seen).toEqual(ofUser);
  while (shown.earlier) shown = clip(trace, shown.earlier);
  expect(shown.trace.requests[0]?.requestId).toBe([...ofUser][0]);
});

test('an event that is not in the trace, as after another run, is not looked for', () => {
  const trace = loadOf(5);
  const [other] = situations.raceInNone();
  expect(clip(trace, other)).toEqual(clip(trace));
});
