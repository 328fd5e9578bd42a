import type { TraceEvent } from '../../../lab/trace/event.ts';
import type { Run } from './run.ts';
import { isStaleWrite } from './stale-write.ts';

/** Answers that say that nothing was written. Of any other, the trace has to show the write. */
const withoutWrite: ReadonlySet<string | undefined> = new Set([
  'already_paid',
  'nothing_to_cancel',
  'lock-busy',
  'stale-write',
  'unavailable',
  'unknown-user',
  'aborted',
]);

/** Whether a request that has ended so may have written the flag. */
export function mayHaveWritten(outcome: string | undefined): boolean {
  return !withoutWrite.has(outcome);
}

/** Whether the trace has seen the end of each call. */
export function isEnded({ calls, events }: Pick<Run, 'calls' | 'events'>): boolean {
  const ended = new Set(events.filter(({ step }) => step === 'answered').map(({ requestId }) => requestId));
  return calls.every(({ requestId }) => ended.has(requestId));
}

/**
 * What of a run the trace has not seen, in a sentence. Without it nobody can say that no update was lost: flag and books
 * may agree by luck.
 *
 * @returns undefined when it has seen all that was written, and over what.
 */
export function describeUnseen({ calls, events }: Pick<Run, 'calls' | 'events'>): string | undefined {
  if (events.length === 0) return 'There is no trace of this run.';
  for (const { requestId, kind, name } of calls) {
    const who = calls.length > 2 ? `${kind} ${name}` : `the ${kind}`;
    const own = events.filter((event) => event.requestId === requestId);
    const writes = own.filter(({ step }) => step === 'written');
    if (writes.some(({ overwrote }) => overwrote === undefined)) {
      return `The trace does not show what ${who} has overwritten.`;
    }
    const end = own.find(({ step }) => step === 'answered');
    if (!end || (writes.length === 0 && mayHaveWritten(end.outcome))) {
      return `The trace does not show all that ${who} has done.`;
    }
  }
  return undefined;
}

/** What became of the last write that one request has tried, by its events; undefined when there was none. */
export type WriteFate = 'in order' | 'stale' | 'refused' | 'unseen' | undefined;

export function fateOfWrite(own: readonly TraceEvent[]): WriteFate {
  const write = own.findLast(({ step }) => step === 'written' || step === 'refused');
  if (!write)
    return own.some(({ step, outcome }) => step === 'answered' && !mayHaveWritten(outcome)) ? undefined : 'unseen';
  if (write.step === 'refused') return 'refused';
  if (write.overwrote === undefined) return 'unseen';
  return isStaleWrite(write) ? 'stale' : 'in order';
}
