import type { TraceEvent } from '../../../lab/trace/event.ts';
import { groupBy } from './group-by.ts';

/** The largest clock difference between instances. Causes farther apart belong to another run. */
const maxSkewMs = 250;
/**
 * A release hands the lock over, and its own answer may arrive after the next holder's. Two holders that overlap for longer
 * than this are a broken lock, which must stay visible.
 */
const maxHandOverMs = 10;

/**
 * The events of a trace in the order of the picture: by the wall clock, but causes before their effects
 * (Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", 1978). Causes follow from the events:
 *
 * - a request's own steps are in the order of its instance's monotonic clock;
 * - a read of a version comes after the write that made it, and before the one that overwrote it;
 * - a write comes after the one that it overwrote;
 * - a lock is released before the next one has it.
 *
 * Duplicates, as after a reconnect, are removed.
 */
export function inOrder(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const byClock = [...new Map(events.map((event) => [event.id, event])).values()].sort(
    (a, b) => a.wallMs - b.wallMs || compareIds(a.id, b.id),
  );
  const causesOf = findCauses(byClock);
  const ordered: TraceEvent[] = [];
  const met = new Set<TraceEvent>();
  // A cause that the clocks place too late moves to right before its effect. Circular causes, possible only in a broken
  // trace, stay in clock order.
  const place = (event: TraceEvent): void => {
    if (met.has(event)) return;
    met.add(event);
    for (const cause of causesOf.get(event) ?? []) place(cause);
    ordered.push(event);
  };
  byClock.forEach(place);
  return ordered;
}

/** Ids of a Redis stream: milliseconds, a dash, and a number among those of one millisecond. */
export function compareIds(a: string, b: string): number {
  const [[aMs = 0, aCount = 0], [bMs = 0, bCount = 0]] = [a.split('-').map(Number), b.split('-').map(Number)];
  return aMs - bMs || aCount - bCount;
}

function findCauses(byClock: readonly TraceEvent[]): ReadonlyMap<TraceEvent, readonly TraceEvent[]> {
  const causes = new Map<TraceEvent, TraceEvent[]>();
  const add = (cause: TraceEvent, effect: TraceEvent) => {
    if (cause === effect || Math.abs(cause.wallMs - effect.wallMs) > maxSkewMs) return;
    causes.set(effect, [...(causes.get(effect) ?? []), cause]);
  };
  for (const own of groupBy(byClock, ({ requestId }) => requestId).values()) {
    own.sort((a, b) => a.monoMs - b.monoMs || compareIds(a.id, b.id));
    own.forEach((event, index) => {
      const before = own[index - 1];
      if (before) causes.set(event, [before]); // one clock, so however far apart
    });
  }
  const rowAt = (userId: number, version: number) => `${userId}:${version}`;
  const writes = byClock.filter(({ step, overwrote }) => step === 'written' && overwrote !== undefined);
  const writesOver = groupBy(writes, ({ userId, overwrote = 0 }) => rowAt(userId, overwrote));
  for (const event of byClock) {
    const seen = event.step === 'read' ? event.saw?.version : event.step === 'written' ? event.overwrote : undefined;
    if (seen === undefined) continue;
    for (const maker of writesOver.get(rowAt(event.userId, seen - 1)) ?? []) add(maker, event);
    if (event.step !== 'read') continue;
    for (const rival of writesOver.get(rowAt(event.userId, seen)) ?? []) add(event, rival);
  }
  for (const own of groupBy(byClock.filter(isHandOver), ({ key }) => String(key)).values()) {
    own.forEach((event, index) => {
      const next = own[index + 1];
      const isSwapped = event.step === 'granted' && next?.step === 'released' && next.requestId !== event.requestId;
      if (isSwapped && next.wallMs - event.wallMs <= maxHandOverMs) add(next, event);
    });
  }
  return causes;
}

const isHandOver = ({ step }: TraceEvent) => step === 'granted' || step === 'released';
