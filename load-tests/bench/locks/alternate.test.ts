import { afterEach, expect, test, vi } from 'vitest';
import { alternate, type Operation } from './alternate.ts';

afterEach(() => vi.useRealTimers());

/** @returns operations that take so many microseconds each, on a machine that is ten times slower now and then. */
function taking(...us: readonly number[]): Operation[] {
  vi.useFakeTimers({ toFake: ['performance'] });
  return us.map((own) => async () => {
    const slowness = Math.floor(performance.now() / 40) % 2 === 0 ? 1 : 10;
    vi.advanceTimersByTime((own * slowness) / 1000);
  });
}

test('what takes twice as long has a ratio of two to the first, though the machine is slow now and then', async () => {
  const [first, second, third] = await alternate(taking(40, 80, 20), 2);
  expect(first?.ratio).toBe(1);
  expect(second?.ratio).toBeCloseTo(2, 1);
  expect(third?.ratio).toBeCloseTo(0.5, 1);
  expect(Math.round(second?.us ?? 0) % 80).toBe(0);
});

test('every operation has its turn, also when there is no time for a second one', async () => {
  const turns: string[] = [];
  await alternate([async () => turns.push('a'), async () => turns.push('b')], 0);
  expect(new Set(turns)).toEqual(new Set(['a', 'b']));
});
