import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { type Label, labelFor } from './labels.ts';

/** One line of a cell's drawing: something happens on a lane, or between two. */
export interface Row extends Label {
  readonly ms: number;
  /** Since the row before. */
  readonly waitedMs: number;
}

/** From one row to another; without an end, to the end of the cell. The numbers are places in the list of rows. */
interface Stretch {
  readonly from: number;
  readonly to?: number;
}

/** A lock that a node keeps. */
export interface Bar extends Stretch {
  readonly node: string;
  readonly who: string;
  /** Its place beside the others that the node keeps at the same time: locks of other keys. */
  readonly slot: number;
}

export interface Band extends Stretch {
  readonly hits: readonly string[];
}

/** A request, from the moment when it is sent to that when it is answered. */
export interface Life extends Stretch {
  readonly who: string;
  readonly at: string;
}

export interface Placed {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
  readonly bands: readonly Band[];
  readonly lives: readonly Life[];
}

/** A lock is granted, or ends, on several nodes at once: within this time it is told in one row. */
const atOnceMs = 20;

/** A line of what happened, in words. */
export interface Line {
  readonly ms: number;
  readonly words: string;
  readonly tone: Row['tone'];
}

/** @returns all that happened, in order of time. */
export function describeEvents(timeline: readonly TimelineEvent[]): Line[] {
  return groupOf(timeline).map((group) => {
    const [first] = group;
    const nodes = group.map((event) => ('node' in event ? event.node : '')).sort();
    const words = 'node' in first ? first.what.replace(first.node, nodes.join(', ')) : first.what;
    return { ms: first.atMs, words, tone: labelFor(first, group.length).tone };
  });
}

/** Places a cell's events in rows, in order of time, with the stretches that begin and end in them. */
export function placeEvents(timeline: readonly TimelineEvent[]): Placed {
  const groups = groupOf(timeline.filter(({ kind }) => kind !== 'told'));
  const rows = groups.map((group, index): Row => {
    const [first] = group;
    const before = groups[index - 1]?.at(-1)?.atMs ?? first.atMs;
    return { ms: first.atMs, waitedMs: Math.max(0, first.atMs - before), ...labelFor(first, group.length) };
  });
  const placed = groups.flatMap((group, row) => group.map((event) => ({ event, row })));
  const after = (row: number, isEnd: (event: TimelineEvent) => boolean) => {
    const end = placed.find((candidate) => candidate.row > row && isEnd(candidate.event));
    return end && { to: end.row };
  };
  const bars: Bar[] = [];
  const bands: Band[] = [];
  const lives: Life[] = [];
  for (const { event, row: from } of placed) {
    if (event.kind === 'granted') {
      const { node, who } = event;
      const isEnd = (other: TimelineEvent) => other.kind === 'ended' && other.node === node && other.who === who;
      bars.push({ node, who, from, ...after(from, isEnd), slot: freeSlot(bars, node, from) });
    } else if (event.kind === 'fault') {
      const { fault, hits } = event;
      bands.push({ hits, from, ...after(from, (other) => other.kind === 'healed' && other.fault === fault) });
    } else if (event.kind === 'sent') {
      const { who, at } = event;
      lives.push({ who, at, from, ...after(from, (other) => other.kind === 'answered' && other.who === who) });
    }
  }
  return { rows, bars, bands, lives };
}

/** @returns the first place on the node that is free when a row comes. */
function freeSlot(bars: readonly Bar[], node: string, row: number): number {
  const isTaken = (slot: number) =>
    bars.some((bar) => bar.node === node && bar.slot === slot && (bar.to ?? Number.POSITIVE_INFINITY) > row);
  let slot = 0;
  while (isTaken(slot)) slot += 1;
  return slot;
}

/** Puts events together that are one to the reader: the same request's lock, on several nodes. */
function groupOf(events: readonly TimelineEvent[]): [TimelineEvent, ...TimelineEvent[]][] {
  const groups: [TimelineEvent, ...TimelineEvent[]][] = [];
  for (const event of events) {
    const group = groups.find(
      (candidate) => event.atMs - candidate[0].atMs <= atOnceMs && candidate.some((other) => areOne(other, event)),
    );
    if (group) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

function areOne(a: TimelineEvent, b: TimelineEvent): boolean {
  if (a.kind === 'granted' && b.kind === 'granted') return a.who === b.who && a.node !== b.node;
  if (a.kind === 'ended' && b.kind === 'ended') return a.who === b.who && a.how === b.how && a.node !== b.node;
  return false;
}
