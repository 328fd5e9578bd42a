import { checkLinearizability } from './linearizability.ts';
import type { Operation } from './operation.ts';
import type { Violation } from './violation.ts';

export interface UsersCheck {
  /** Number of users whose history is not linearizable. */
  readonly notLinearizable: number;
  /** Users whose answers are explained only if calls of unknown outcome took effect: each of these can hide a violation. */
  readonly onlyByUnknown: number;
  /** The simplest of these. */
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
  const example = simplestOf(violations);
  const known = [...histories.values()].map((history) => history.filter(({ answer }) => answer !== 'unknown'));
  const withoutUnknown = known.filter((history) => !checkLinearizability(history).linearizable).length;
  return {
    notLinearizable: violations.length,
    onlyByUnknown: withoutUnknown - violations.length,
    ...(example && { example }),
  };
}

/** @returns the first violation with the fewest calls to show. A single call comes last, because it shows no cause. */
export function simplestOf(violations: readonly UserViolation[]): UserViolation | undefined {
  const calls = ({ violation: { pending, operations } }: UserViolation) =>
    operations.length > 1 ? pending.length + operations.length : Number.MAX_SAFE_INTEGER;
  return [...violations].sort((a, b) => calls(a) - calls(b))[0];
}
