import type { LockModeName } from '../../../lock-modes/lock-mode.ts';
import { count } from './format.ts';
import { isWhole, type Tally } from './tally.ts';

/** What a load has come to that is over. */
export interface LoadResult {
  readonly mode: LockModeName;
  readonly tally: Tally;
  /** Whose flag and books disagree, in words; undefined when the users could not be read in the end. */
  readonly inconsistent: readonly string[] | undefined;
}

/** What came of a load, in a sentence or two: of what nobody has seen, that it is not known. */
export function describeLoad({ mode, tally, inconsistent }: LoadResult): string {
  return `${mode}: ${describeLostUpdates(tally)}. ${describeLedger(inconsistent)}.`;
}

function describeLostUpdates(tally: Tally): string {
  const { staleWrites: stale, sent, traced } = tally;
  if (stale > 0) return `${isWhole(tally) ? '' : 'At least '}${count(stale, 'update was', 'updates were')} lost`;
  if (isWhole(tally)) return 'No update was lost';
  const why = traced.ended === 0 ? 'there is no trace' : `of ${count(sent, 'request')}, the trace does not show all`;
  return `Whether an update was lost is not known: ${why}`;
}

function describeLedger(inconsistent: LoadResult['inconsistent']): string {
  if (!inconsistent) return 'Whether flag and books agree is not known: the users could not be read';
  return inconsistent.length === 0
    ? 'Flag and books agree for each of the users'
    : `In the end, ${inconsistent.join('; ')}`;
}
