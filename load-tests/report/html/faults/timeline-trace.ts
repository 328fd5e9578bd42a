import type { TraceEvent } from '../../../../app/lab/trace/event.ts';
import type { Bar } from '../../../../app/web/page/trace/bars.ts';
import { type RecordedStep, traceOf } from '../../../../app/web/page/trace/recorded.ts';
import type { TraceContext } from '../../../../app/web/page/trace/steps.ts';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';

/** A cell's timeline, as the diagram draws it. */
export interface TimelineTrace {
  readonly events: readonly TraceEvent[];
  readonly context: TraceContext;
}

/** Clocks differ by a little, and an event's id holds its time: so that none is negative. */
const startMs = 1_000_000;

export function traceOfTimeline(timeline: readonly TimelineEvent[], mode: TraceEvent['mode']): TimelineTrace {
  const steps = timeline.flatMap((event) => stepOf(event, timeline, mode) ?? []);
  const bars = timeline.flatMap((event, index) => barOf(event, timeline.slice(index + 1), timeline) ?? []);
  const names = new Map(timeline.flatMap((event) => ('who' in event ? [[idOf(event, timeline), event.who]] : [])));
  return { events: traceOf(steps), context: { names, bars } };
}

type Sent = Extract<TimelineEvent, { kind: 'sent' }>;

/** The sendings of a name up to an event: it may be sent again, as another request. */
function sendingsOf({ who, atMs }: { who: string; atMs: number }, timeline: readonly TimelineEvent[]): readonly Sent[] {
  const sent = timeline.filter((event): event is Sent => event.kind === 'sent' && event.who === who);
  return sent.filter((event, index) => index === 0 || event.atMs <= atMs);
}

const idOf = (event: { who: string; atMs: number }, timeline: readonly TimelineEvent[]) =>
  `${event.who} ${sendingsOf(event, timeline).length}`;

function stepOf(
  event: TimelineEvent,
  timeline: readonly TimelineEvent[],
  mode: TraceEvent['mode'],
): RecordedStep | undefined {
  if (!('who' in event) || !('at' in event)) return undefined;
  const { userId = 0, command: kind = 'pay', amount = 0 } = sendingsOf(event, timeline).at(-1) ?? {};
  const wallMs = startMs + event.atMs;
  const request = { requestId: idOf(event, timeline), kind, userId, amount, instance: event.at, mode, wallMs };
  switch (event.kind) {
    case 'sent':
      return { ...request, step: 'arrived' };
    case 'answered':
      return { ...request, step: 'answered', outcome: event.answer };
    case 'charged':
    case 'refunded':
      return { ...request, step: event.kind, chargeId: event.chargeId, gateway: event.kind };
    case 'wrote': {
      const { paid, version, readVersion } = event;
      return { ...request, step: 'written', paid, readVersion, overwrote: version - 1 };
    }
    default:
      return undefined;
  }
}

function barOf(
  event: TimelineEvent,
  later: readonly TimelineEvent[],
  timeline: readonly TimelineEvent[],
): Bar | undefined {
  const fromMs = startMs + event.atMs;
  const until = (end: TimelineEvent | undefined) => ({ fromMs, ...(end && { toMs: startMs + end.atMs }) });
  switch (event.kind) {
    case 'fault': {
      const { what, hits, fault } = event;
      const healed = later.find((other) => other.kind === 'healed' && other.fault === fault);
      return { kind: 'fault', what, hits, ...until(healed) };
    }
    case 'granted': {
      const { who, node } = event;
      const end = later.find((other) => other.kind === 'ended' && other.node === node && other.who === who);
      const how = end?.kind === 'ended' && { end: end.how };
      const ttlMs = event.untilMs - event.atMs;
      return { kind: 'lease', requestId: idOf(event, timeline), node, ttlMs, ...until(end), ...how };
    }
    case 'held': {
      const { who, before } = event;
      const next = later.find((other) => 'at' in other && other.who === who);
      const isResumed = next?.kind === 'goes-on';
      return { kind: 'held', requestId: idOf(event, timeline), before, isResumed, ...until(next) };
    }
    case 'remark':
      return { kind: 'remark', what: event.what, fromMs };
    default:
      return undefined;
  }
}
