import { median } from '../statistics.ts';

/**
 * The waits to judge a lock by: those that ended in the window, and those that were still under way at its end with what
 * they had come to, where that is more than the median of the others. Without these, a waiter that starves would not be
 * seen at all; with all of them, every lock would look quicker than it is, as most have just begun.
 */
export function judgedWaits(endedMs: readonly number[], underWayMs: readonly number[]): number[] {
  const middle = endedMs.length > 0 ? median(endedMs) : 0;
  return [...endedMs, ...underWayMs.filter((ms) => ms > middle)];
}
