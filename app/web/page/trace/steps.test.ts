import { expect, test } from 'vitest';
import { randomTrace } from '../fixtures/random-trace.ts';
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
