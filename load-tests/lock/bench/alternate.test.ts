import { expect, test } from 'vitest';
import { alternate } from './alternate.ts';

/** Keeps the process busy: a timer would be late. */
function busyFor(us: number) {
  return async () => {
    const until = performance.now() + us / 1000;
    while (performance.now() < until);
  };
}

test('what takes twice as long has a ratio of two to the first', async () => {
  const [first, second, third] = await alternate([busyFor(40), busyFor(80), busyFor(20)], 0.2);
  expect(first?.ratio).toBe(1);
  expect(second?.ratio).toBeCloseTo(2, 0);
  expect(third?.ratio).toBeCloseTo(0.5, 0);
  expect(second?.us).toBeGreaterThanOrEqual(80);
});

test('every operation has its turn, also when there is no time for a second one', async () => {
  const turns: string[] = [];
  await alternate([async () => turns.push('a'), async () => turns.push('b')], 0);
  expect(new Set(turns)).toEqual(new Set(['a', 'b']));
});
