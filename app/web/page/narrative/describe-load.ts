import type { LockModeName } from '../../../lock-modes/registry.ts';
import { count } from '../format.ts';
import { isWhole, type Tally } from '../state/tally.ts';

/** The result of a finished load. */
export interface LoadResult {
  readonly mode: LockModeName;
  readonly tally: Tally;
  /** The inconsistent users, each described; undefined if the users could not be read at the end. */
  readonly inconsistent: readonly string[] | undefined;
}

/** Describes the result of a load in a sentence or two, and says what is unknown. */
export function describeLoad({ mode, tally, inconsistent }: LoadResult): string {
  return `${mode}: ${describeLostUpdates(tally)}. ${describeLedger(inconsistent)}.`;
}

function describeLostUpdates(tally: Tally): string {
  const { staleWrites: stale, sent, traced } = tally;
  if (stale > 0) return `${isWhole(tally) ? '' : 'At least '}${count(stale, 'update was', 'updates were')} lost`;
  if (isWhole(tally)) return 'No update was lost';
  const why = traced.ended === 0 ? 'there is no trace' : `the trace of ${count(sent, 'request')} is incomplete`;
  return `Unknown whether an update was lost: ${why}`;
}

function describeLedger(inconsistent: LoadResult['inconsistent']): string {
  if (!inconsistent) return 'Unknown whether access and payments match: the users could not be read';
  return inconsistent.length === 0
    ? 'Access and payments match for all users'
    : `At the end, ${inconsistent.join('; ')}`;
}
