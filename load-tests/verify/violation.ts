import type { Entry } from './flag.ts';
import type { FlagValue, Operation } from './operation.ts';

/** Why a history is not linearizable: as much of it as it takes to see that for oneself. */
export interface Violation {
  /** The first operation, in the order of the returns, whose answer cannot be. */
  readonly impossible: Operation;
  /** What the flag was when that answer came, whatever the order of what was before: the other value was needed. */
  readonly flag: FlagValue;
  /**
   * What was called since the last quiet point before a pay or a cancel, in the order of invocations: `impossible`, and all
   * that it could have met. A quiet point is a time at which nothing was under way, unknown outcomes aside. One that only
   * reads come after does not count: what the flag should be at it is what the calls before it have to show.
   */
  readonly operations: readonly Operation[];
  /** What the flag was at that point. */
  readonly flagAtQuiet: FlagValue;
  /** Calls from before it whose outcome is unknown, and that nothing needed until then: they may have happened since. */
  readonly pending: readonly Operation[];
}

/** How far the check had come when nothing was under way. */
export interface QuietPoint {
  readonly flag: FlagValue;
  /** How many operations had been invoked. */
  readonly invoked: number;
  /** The last deadline. */
  readonly deadline: number;
}

/** @param invoked what had been invoked when `impossible` returned, in order. */
export function createViolation(
  impossible: Operation,
  flag: FlagValue,
  invoked: readonly Entry[],
  quiet: QuietPoint,
): Violation {
  const pending = invoked
    .slice(0, quiet.invoked)
    .filter(({ operation, placedAt }) => operation.answer === 'unknown' && placedAt > quiet.deadline);
  return {
    impossible,
    flag,
    operations: invoked.slice(quiet.invoked).map(({ operation }) => operation),
    flagAtQuiet: quiet.flag,
    pending: pending.map(({ operation }) => operation),
  };
}
