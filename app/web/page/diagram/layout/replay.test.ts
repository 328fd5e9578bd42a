import { expect, test } from 'vitest';
import { situations } from '../../fixtures/situations.ts';
import { readTrace } from '../../trace/steps.ts';
import { layOut } from './layout.ts';
import { durationOf, lastStepAt, xAt } from './replay.ts';

const race = readTrace(situations.raceInNone());
const locked = readTrace(situations.raceInRedis());

test('the last step at a time is the one that ended last, in any of the runs', () => {
  expect(lastStepAt([race], 2.3)?.event.step).toBe('arrived');
  expect(lastStepAt([race], 2.4)?.event.step).toBe('read');
  expect(lastStepAt([race, locked], 1108)?.event).toMatchObject({ kind: 'cancel', step: 'written', overwrote: 3 });
  expect(lastStepAt([race], -1)).toBeUndefined();
  expect(lastStepAt([race], 1e9)).toBe(race.steps.at(-1));
  expect(durationOf([race, locked])).toBeCloseTo(2008);
  expect(durationOf([])).toBe(0);
});

test('the replay stands right of what has ended, and left of what has not begun', () => {
  for (const scale of ['time', 'order'] as const) {
    const { times, marks, width } = layOut(race, { scale, zoom: 1, room: 900 });
    let last = 0;
    for (let ms = 0; ms <= durationOf([race]); ms += 3.7) {
      const x = xAt(times, ms);
      expect(x, `${scale}, ${ms} ms`).toBeGreaterThanOrEqual(last);
      expect(x).toBeLessThanOrEqual(width);
      for (const { step, left, right } of marks) {
        if (step.endMs < ms) expect(right, `${scale}, ${ms} ms`).toBeLessThanOrEqual(x + 1e-6);
        if (step.startMs > ms) expect(left, `${scale}, ${ms} ms`).toBeGreaterThanOrEqual(x - 1e-6);
      }
      last = x;
    }
  }
});
