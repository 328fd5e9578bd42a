import { checkLinearizability } from './linearizability.ts';
import type { Operation } from './operation.ts';
import type { Violation } from './violation.ts';

/** What a check of many users' histories found. */
export interface UsersCheck {
  /** How many users' histories are not linearizable. */
  readonly notLinearizable: number;
  /** The plainest of these. */
  readonly example?: UserViolation;
}

export interface UserViolation {
  readonly userId: number;
  readonly violation: Violation;
}

/** Checks each user's history: see {@link checkLinearizability}. */
export function checkEachUser(histories: ReadonlyMap<number, readonly Operation[]>): UsersCheck {
  const violations = [...histories].flatMap(([userId, history]) => {
    const checked = checkLinearizability(history);
    return checked.linearizable ? [] : [{ userId, violation: checked.violation }];
  });
  const example = plainestOf(violations);
  return { notLinearizable: violations.length, ...(example && { example }) };
}

/**
 * @returns the violation that takes the fewest calls to show; of two such, the first. One call alone comes last: what
 * led to it was over before it.
 */
export function plainestOf(violations: readonly UserViolation[]): UserViolation | undefined {
  const calls = ({ violation: { pending, operations } }: UserViolation) =>
    operations.length > 1 ? pending.length + operations.length : Number.MAX_SAFE_INTEGER;
  return [...violations].sort((a, b) => calls(a) - calls(b))[0];
}
