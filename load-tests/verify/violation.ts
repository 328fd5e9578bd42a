import type { Entry } from './flag.ts';
import type { FlagValue, Operation } from './operation.ts';

/** The part of a history that shows why it is not linearizable. */
export interface Violation {
  /** The first operation, in the order of returns, whose answer is impossible. */
  readonly impossible: Operation;
  /** The flag when that answer arrived, in every possible order; the answer needs the other value. */
  readonly flag: FlagValue;
  /**
   * The operations since the last quiet point before a pay or cancel, in the order of invocations: `impossible` and all
   * that it may overlap. At a quiet point no operation is in flight, except unknown ones. A quiet point followed only by
   * reads does not count: the calls before it show what the flag should be.
   */
  readonly operations: readonly Operation[];
  /** The flag at that quiet point. */
  readonly flagAtQuiet: FlagValue;
  /** Earlier unknown operations that no answer required before it: they may have taken effect since. */
  readonly pending: readonly Operation[];
}

/** The state of the check when no operation was in flight. */
export interface QuietPoint {
  readonly flag: FlagValue;
  /** Number of operations invoked. */
  readonly invoked: number;
  /** The last deadline. */
  readonly deadline: number;
}

/** @param invoked the operations invoked before `impossible` returned, in order. */
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
