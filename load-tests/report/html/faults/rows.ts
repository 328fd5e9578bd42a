import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { type Label, labelFor } from './labels.ts';

/** A row of a cell's drawing: an event on a lane, or between two. */
export interface Row extends Label {
  readonly ms: number;
  /** Since the previous row. */
  readonly waitedMs: number;
}

/** From one row to another, by index; without `to`, until the end of the cell. */
interface RowSpan {
  readonly from: number;
  readonly to?: number;
}

/** A lock that a node keeps. */
export interface Bar extends RowSpan {
  readonly node: string;
  readonly who: string;
  /** Its position beside the node's simultaneous locks, which have other keys. */
  readonly slot: number;
}

/** The duration of a fault. */
export interface Band extends RowSpan {
  readonly hits: readonly string[];
}

/** A request, from its sending to its answer. */
export interface RequestSpan extends RowSpan {
  readonly who: string;
  readonly at: string;
}

export interface Placed {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
  readonly bands: readonly Band[];
  readonly requestSpans: readonly RequestSpan[];
}

/** Grants of a lock on several nodes within this time share a row; its ends, too. */
const atOnceMs = 20;

/** An entry in the list of events. */
export interface Line {
  readonly ms: number;
  readonly text: string;
  readonly tone: Row['tone'];
}

/** @returns all events, in order of time. */
export function describeEvents(timeline: readonly TimelineEvent[]): Line[] {
  return groupOf(timeline).map((group) => {
    const [first] = group;
    const nodes = group.map((event) => ('node' in event ? event.node : '')).sort();
    const text = 'node' in first ? first.what.replace(first.node, nodes.join(', ')) : first.what;
    return { ms: first.atMs, text, tone: labelFor(first, group.length).tone };
  });
}

/** Places a cell's events in rows, in order of time, with the spans between them. */
export function placeEvents(timeline: readonly TimelineEvent[]): Placed {
  const groups = groupOf(timeline.filter(({ kind }) => kind !== 'remark'));
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
  const requestSpans: RequestSpan[] = [];
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
      requestSpans.push({ who, at, from, ...after(from, (other) => other.kind === 'answered' && other.who === who) });
    }
  }
  return { rows, bars, bands, requestSpans };
}

/** @returns the node's first slot that is free at this row. */
function freeSlot(bars: readonly Bar[], node: string, row: number): number {
  const isTaken = (slot: number) =>
    bars.some((bar) => bar.node === node && bar.slot === slot && (bar.to ?? Number.POSITIVE_INFINITY) > row);
  let slot = 0;
  while (isTaken(slot)) slot += 1;
  return slot;
}

/** Groups events that share a row: those of one request's lock on several nodes. */
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
