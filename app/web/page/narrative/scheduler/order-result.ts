import type { PastFault } from '../../../../lab/faults/fault.ts';
import { faultsDuring } from '../../state/fault-targets.ts';
import type { Run } from '../../state/run.ts';
import type { Result } from '../../state/scheduler/progress.ts';
import { isFailure, judge } from '../verdict.ts';

/**
 * What came of an order, by the user's flag, the ledger and the stale writes.
 *
 * @param past the faults that were injected.
 * @returns undefined if these do not show it, or if a call failed or a fault lasted: then it is not the order's doing.
 */
export function resultOf(run: Run, past: readonly PastFault[] = []): Result | undefined {
  if (run.calls.some(({ answer }) => isFailure(answer)) || faultsDuring(run, past).length > 0) return undefined;
  const { kind } = judge(run);
  if (kind === 'held' || kind === 'lost') return kind;
  if (kind === 'untested' || !run.after) return undefined;
  if (!run.after.paid) return 'chargedWithoutAccess';
  return run.after.balance === 0 ? 'accessWithoutPaying' : 'chargedTwice';
}

/** A mark and words for each result: no result by colour alone. */
export const resultTexts: Readonly<Record<Result, { readonly mark: string; readonly text: string }>> = {
  held: { mark: '✓', text: 'no update lost' },
  lost: { mark: '!', text: 'an update lost, without harm' },
  accessWithoutPaying: { mark: '✕', text: 'access without paying' },
  chargedTwice: { mark: '✕', text: 'charged twice' },
  chargedWithoutAccess: { mark: '✕', text: 'charged without access' },
};

/** @returns an order in words, such as `pay, pay, cancel, cancel, cancel, pay`. */
export function describeOrder(order: string): string {
  return [...order].map((name) => (name === 'A' ? 'pay' : 'cancel')).join(', ');
}
