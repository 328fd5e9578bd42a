import type { TraceEvent } from '../../../lab/trace/event.ts';
import { isStaleWrite } from '../trace/stale-write.ts';
import type { Run } from './run.ts';

/** Answers that rule out a write. For all others, the trace has to show the write. */
const withoutWrite: ReadonlySet<string | undefined> = new Set([
  'already_paid',
  'nothing_to_cancel',
  'lock-busy',
  'stale-write',
  'lease-lost',
  'unavailable',
  'unknown-user',
  'aborted',
]);

/** True if a request with this outcome may have written the flag. */
export function mayHaveWritten(outcome: string | undefined): boolean {
  return !withoutWrite.has(outcome);
}

/** True if the trace shows the answer to each call. */
export function isEnded({ calls, events }: Pick<Run, 'calls' | 'events'>): boolean {
  const ended = new Set(events.filter(({ step }) => step === 'answered').map(({ requestId }) => requestId));
  return calls.every(({ requestId }) => ended.has(requestId));
}

/**
 * Describes what the trace of a run misses. With an incomplete trace, access and payments may match by chance although an
 * update was lost.
 *
 * @returns undefined if the trace shows each write and what it overwrote.
 */
export function describeUnseen({ calls, events }: Pick<Run, 'calls' | 'events'>): string | undefined {
  if (events.length === 0) return 'There is no trace of this run.';
  for (const { requestId, kind, name } of calls) {
    const who = calls.length > 2 ? `${kind} ${name}` : `the ${kind}`;
    const own = events.filter((event) => event.requestId === requestId);
    const writes = own.filter(({ step }) => step === 'written');
    if (writes.some(({ overwrote }) => overwrote === undefined)) {
      return `The trace does not show what ${who} overwrote.`;
    }
    const end = own.find(({ step }) => step === 'answered');
    if (!end || (writes.length === 0 && mayHaveWritten(end.outcome))) {
      return `The trace of ${who} is incomplete.`;
    }
  }
  return undefined;
}

/** The result of a request's last attempt to write, by its events; undefined if there was none. */
export type WriteFate = 'in order' | 'stale' | 'refused' | 'unseen' | undefined;

export function fateOfWrite(own: readonly TraceEvent[]): WriteFate {
  const write = own.findLast(({ step }) => step === 'written' || step === 'refused');
  if (!write)
    return own.some(({ step, outcome }) => step === 'answered' && !mayHaveWritten(outcome)) ? undefined : 'unseen';
  if (write.step === 'refused') return 'refused';
  if (write.overwrote === undefined) return 'unseen';
  return isStaleWrite(write) ? 'stale' : 'in order';
}
