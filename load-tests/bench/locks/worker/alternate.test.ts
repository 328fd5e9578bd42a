import { afterEach, expect, test, vi } from 'vitest';
import { alternate, type Operation, rotate } from './alternate.ts';

afterEach(() => vi.useRealTimers());

/** @returns operations of these durations in microseconds, on a machine that is ten times slower every other 40 ms. */
function operationsOf(...us: readonly number[]): Operation[] {
  vi.useFakeTimers({ toFake: ['performance'] });
  return us.map((own) => async () => {
    const slowness = Math.floor(performance.now() / 40) % 2 === 0 ? 1 : 10;
    vi.advanceTimersByTime((own * slowness) / 1000);
  });
}

test('reports ratios to the first operation that slow phases of the machine do not distort', async () => {
  const [first, second, third] = await alternate(operationsOf(40, 80, 20), 2);
  expect(first?.ratio).toBe(1);
  expect(second?.ratio).toBeCloseTo(2, 1);
  expect(third?.ratio).toBeCloseTo(0.5, 1);
  expect(Math.round(second?.us ?? 0) % 80).toBe(0);
});

test('rotates the order, so that each value is first once', () => {
  const orders = [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''));
  expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
  expect(rotate([], 3)).toEqual([]);
});

test('times every operation at least once, even with no time at all', async () => {
  const turns: string[] = [];
  await alternate([async () => turns.push('a'), async () => turns.push('b')], 0);
  expect(new Set(turns)).toEqual(new Set(['a', 'b']));
});
