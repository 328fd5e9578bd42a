import { inspect } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { nodeRuntime } from '../src/runtime.ts';

afterEach(() => void vi.restoreAllMocks());

/** The wall clock at these times in ms, if the system's clock is `aheadMs` ahead of the monotonic one. */
function wallClockAt(times: readonly number[], aheadMs: number): number[] {
  const now = vi.spyOn(performance, 'now');
  const date = vi.spyOn(Date, 'now');
  return times.map((time) => {
    now.mockReturnValue(time);
    date.mockReturnValue(Math.floor(time + aheadMs));
    return nodeRuntime.wallClock();
  });
}

test('the wall clock rises within a millisecond, whatever the fractions of both clocks are', () => {
  const times = Array.from({ length: 50 }, (_, index) => 1000.05 + index / 10);
  const read = wallClockAt(times, 5_000_000.7);
  expect(read).toEqual([...new Set(read)].sort((a, b) => a - b));
  for (const [index, time] of times.entries())
    expect(Math.floor(read[index] ?? 0)).toBe(Math.floor(time + 5_000_000.7));
});

test('the wall clock follows the system’s when that is set', () => {
  wallClockAt([1000.05], 5_000_000.7);
  for (const aheadMs of [9_000_000.2, 10]) {
    const [read = 0] = wallClockAt([1000.25], aheadMs);
    expect(Math.floor(read)).toBe(Math.floor(1000.25 + aheadMs));
  }
});

test('warns of an error that cannot be shown', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const cause = Object.assign(new Error('exotic'), {
    [inspect.custom]: () => {
      throw new Error('inspect');
    },
  });
  nodeRuntime.warn('the listener threw', cause);
  expect(emitWarning).toHaveBeenCalledWith('the listener threw', { detail: expect.any(String) });
});
