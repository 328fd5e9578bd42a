import type { HeldLock } from '../../../lab/held-locks/held-locks.ts';
import type { TraceEvent } from '../../../lab/trace/event.ts';

/** A held lock, with its holder if the trace shows it. */
export interface LockRow {
  readonly key: string;
  /** The Redis servers that hold it: one, or a majority. */
  readonly on: readonly string[];
  /** By the trace; undefined if the holder is not in a trace of this page. */
  readonly holder?: { readonly requestId: string; readonly kind: 'pay' | 'cancel'; readonly instance: string };
  /** The remaining TTL at the check; the shortest of its Redis servers. */
  readonly ttlMs: number;
  readonly waiting: number;
}

/** The result of a check of the locks. */
export type LockCheck =
  | { readonly outcome: 'seen'; readonly held: readonly HeldLock[]; readonly unreachable: readonly string[] }
  | { readonly outcome: 'unanswered' };

/** @returns what the list of held locks does not show; undefined if the list is complete. */
export function describeCheck(look: LockCheck | undefined): string | undefined {
  if (!look) return 'Not checked yet.';
  if (look.outcome === 'unanswered') return 'Unknown: the lab did not answer.';
  const { held, unreachable } = look;
  if (unreachable.length > 0) {
    const names = new Intl.ListFormat('en-GB').format(unreachable);
    return `Unknown on ${names}: no answer.`;
  }
  return held.length === 0 ? 'None for the users shown.' : undefined;
}

/** True if a lock is held on any of these users. */
export function isLocked(userIds: readonly number[], held: readonly HeldLock[]): boolean {
  return held.some(({ key }) => userIds.includes(Number(key.split('_')[1])));
}

/** Joins the locks that Redis reports with the holders that the trace shows. */
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
