import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';

/** An event's label and place in the drawing. */
export interface Label {
  /** Short: there is little room. */
  readonly label: string;
  /** The violation, on a second line. */
  readonly tag?: string;
  readonly tone: 'fine' | 'bad' | 'fault';
  /** Its lane, where an arrow begins; absent if it belongs to no lane. */
  readonly from?: string;
  /** The lane where the arrow ends; absent without an arrow. */
  readonly to?: string;
}

/** The lane of the flag and the ledger. */
export const database = 'mysql';
const mostLetters = 46;

const ends = { expired: 'expires', deleted: 'is deleted', lost: 'is lost' } as const;

/** @param count number of nodes on which it happens at once. */
export function labelFor(event: TimelineEvent, count: number): Label {
  const { kind, what } = event;
  const onNodes = count === 1 ? '' : ` on ${count} nodes`;
  switch (kind) {
    case 'sent':
      return { label: `${event.who}: ${event.command} ${event.amount}`, tone: 'fine', from: event.at };
    case 'answered':
      return { label: `${event.who} is answered ${event.answer}`, tone: 'fine', from: event.at };
    case 'held':
    case 'goes-on':
      return { label: what, tone: 'fine', from: event.at };
    case 'granted':
      return { label: `${event.who} is granted the lock${onNodes}`, tone: 'fine', from: event.node, to: event.at };
    case 'ended':
      return { label: `the lock of ${event.who} ${ends[event.how]}${onNodes}`, tone: 'fine', from: event.node };
    case 'charged':
    case 'refunded':
      return { label: what, tone: 'fine', from: event.at, to: database };
    case 'wrote': {
      const { who, at, paid, version, readVersion, isStale, lost } = event;
      const label = `${who} writes ${paid ? 'paid' : 'unpaid'}: version ${version}`;
      if (!isStale) return { label, tone: 'fine', from: at, to: database };
      const tag = `✕ stale write: ${lost === undefined ? 'a write' : `the write of ${lost}`} is lost`;
      return { label: `${label}, having read ${readVersion}`, tag, tone: 'bad', from: at, to: database };
    }
    case 'fault':
      return { label: shortened(`▼ ${what}`), tone: 'fault' };
    case 'healed':
      return { label: shortened(`▲ ${what}`), tone: 'fault' };
    case 'remark':
      return { label: shortened(what), tone: 'fine' };
  }
}

const shortened = (text: string) => (text.length > mostLetters ? `${text.slice(0, mostLetters - 1)}…` : text);
