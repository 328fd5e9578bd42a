import type { LockModeName } from '../../../../lock-modes/registry.ts';
import { count } from '../../format.ts';
import { type LoadFigures, mostKept, type Score } from '../../state/load/figures.ts';
import { loadConnections } from '../../state/load/limits.ts';
import { isWhole, type Tally } from '../../state/tally.ts';

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

/** The lost updates of a load, as far as they are known. */
export function describeLost({ lostUpdates, isWhole: isKnown }: Pick<LoadFigures, 'lostUpdates' | 'isWhole'>): {
  readonly text: string;
  readonly kind: 'bad' | 'held' | 'unknown';
} {
  const number = lostUpdates.toLocaleString('en');
  if (lostUpdates > 0) return { text: `✕ ${isKnown ? '' : 'at least '}${number}`, kind: 'bad' };
  return isKnown ? { text: '✓ 0', kind: 'held' } : { text: '? unknown', kind: 'unknown' };
}

/** Says what the scoreboard's figures are, and what they are not. */
export function describeScoreboard(scores: readonly Score[]): string {
  const many = scores.some(({ loads }) => loads > 1);
  return [
    `The latest load of each mode, measured from this browser on this machine, with ${loadConnections} requests at a time: no benchmark.`,
    `Lost updates are stale writes, as the database saw them; a 0 is no proof, as a few seconds may not meet the order that loses one. p99: 99 of 100 answers took at most that long.`,
    `This browser keeps the last ${mostKept} loads of each mode${many ? '' : ', to show how much they vary'}.`,
  ].join(' ');
}
