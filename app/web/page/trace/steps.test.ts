import { expect, test } from 'vitest';
import { findOpenSpans } from '../diagram/layout/open-spans.ts';
import { randomTrace } from '../fixtures/random-trace.ts';
import { situations } from '../fixtures/situations.ts';
import { groupBy } from './group-by.ts';
import { readTrace } from './steps.ts';

test('times start at the first step; steps of a request do not overlap', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { steps } = readTrace(randomTrace(seed));
    expect(Math.min(...steps.map(({ startMs }) => startMs)), `seed ${seed}`).toBeGreaterThanOrEqual(0);
    for (const own of groupBy(steps, ({ request }) => request).values()) {
      const working = own.filter(({ kind }) => kind !== 'hold');
      working.forEach(({ startMs, endMs }, index) => {
        expect(startMs, `seed ${seed}`).toBeLessThanOrEqual(endMs);
        expect(startMs, `seed ${seed}`).toBeGreaterThanOrEqual(working[index - 1]?.endMs ?? 0);
      });
    }
  }
});

test('finds open spans: a held lock, an open wait, a wait until its answer', () => {
  const open = findOpenSpans(readTrace(situations.waitsInVain()).steps).map(({ kind, from, until }) => [
    kind,
    from.request.name,
    until?.event.step,
  ]);
  expect(open).toEqual([
    ['hold', 'A', undefined],
    ['wait', 'B', 'answered'],
    ['wait', 'C', undefined],
  ]);
});

test('a hold without a release ends with the answer', () => {
  const events = situations.raceInRedis().filter(({ step }) => step !== 'released');
  const open = findOpenSpans(readTrace(events).steps).map(({ kind, until }) => [kind, until?.event.step]);
  expect(open).toEqual([
    ['hold', 'answered'],
    ['hold', 'answered'],
  ]);
});
