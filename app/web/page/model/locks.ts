import type { TraceEvent } from '../../../lab/trace-event.ts';
import type { HeldLock } from '../api/lab.ts';

/** A lock that is held right now, and by whom, where the trace has seen it. */
export interface LockRow {
  readonly key: string;
  /** Where it is: one Redis, or those of the majority. */
  readonly on: readonly string[];
  /** As the trace has it; undefined for a holder that is in nobody's trace here. */
  readonly holder?: { readonly requestId: string; readonly kind: 'pay' | 'cancel'; readonly instance: string };
  /** What was left of its time when the locks were looked at; the least of all its Redis servers. */
  readonly ttlMs: number;
  readonly waiting: number;
}

/** Joins what Redis says is held with what the trace says of who was let in and has not left. */
export function joinLocks(held: readonly HeldLock[], events: readonly TraceEvent[]): LockRow[] {
  return [...new Set(held.map(({ key }) => key))].map((key) => {
    const locks = held.filter((lock) => lock.key === key);
    const holder = holderOf(key, events);
    return {
      key,
      on: locks.map(({ on }) => on),
      ...(holder && { holder }),
      ttlMs: Math.min(...locks.map(({ ttlMs }) => ttlMs)),
      waiting: Math.max(...locks.map(({ waiting }) => waiting)),
    };
  });
}

function holderOf(key: string, events: readonly TraceEvent[]): LockRow['holder'] {
  const own = events.filter((event) => event.key === key);
  const left = new Set(own.filter(({ step }) => step === 'released').map(({ requestId }) => requestId));
  const granted = own.findLast(({ step, requestId }) => step === 'granted' && !left.has(requestId));
  if (!granted) return undefined;
  const { requestId, kind, instance } = granted;
  return { requestId, kind, instance };
}
