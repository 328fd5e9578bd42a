import type { Result } from '../state/progress.ts';
import type { Run } from '../state/run.ts';
import { judge } from './verdict.ts';

/** What came of an order, by the user's flag, the ledger and the stale writes; undefined if they do not show it. */
export function resultOf(run: Run): Result | undefined {
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
