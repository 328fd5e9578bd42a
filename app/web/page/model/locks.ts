import type { TraceEvent } from '../../../lab/trace/event.ts';
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

/** What came of looking at the locks. */
export type LockCheck =
  | { readonly outcome: 'seen'; readonly held: readonly HeldLock[]; readonly unreachable: readonly string[] }
  | { readonly outcome: 'unanswered' };

/** @returns what there is to say beside the locks that are held; undefined where they are all. */
export function describeCheck(look: LockCheck | undefined): string | undefined {
  if (!look) return 'Not looked at now.';
  if (look.outcome === 'unanswered') return 'Not known: the lab has not answered.';
  const { held, unreachable } = look;
  if (unreachable.length > 0) {
    const names = new Intl.ListFormat('en-GB').format(unreachable);
    return `Not known of ${names}, which ${unreachable.length === 1 ? 'does' : 'do'} not answer.`;
  }
  return held.length === 0 ? 'None, for the users that are shown.' : undefined;
}

/** Whether a lock is held on any of these users. */
export function isLocked(userIds: readonly number[], held: readonly HeldLock[]): boolean {
  return held.some(({ key }) => userIds.includes(Number(key.split('_')[1])));
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
