import type { TraceEvent, TraceStep } from '../../../lab/trace/event.ts';
import { type Anomaly, findAnomalies } from './anomalies.ts';
import type { Bar } from './bars.ts';
import { inOrder } from './in-order.ts';
import { nameRequests, type TracedRequest } from './requests.ts';

/** How a step is drawn: a moment is a point, all else a span. */
type StepKind = 'moment' | 'wait' | 'hold' | 'read' | 'act' | 'write';

/** One event, as the picture and the table show it. */
export interface Step {
  readonly event: TraceEvent;
  readonly request: TracedRequest;
  readonly kind: StepKind;
  /** Its position in the order of all steps, from 1, as shown. */
  readonly number: number;
  /** The same from 0: where it is drawn. */
  readonly column: number;
  /** Since the first of all began. A request's steps do not overlap, but for the hold that lies under them. */
  readonly startMs: number;
  readonly endMs: number;
}

/** An ordered trace with its steps, requests and anomalies. */
export interface Trace {
  readonly steps: readonly Step[];
  /** In the order of their first steps. */
  readonly requests: readonly TracedRequest[];
  readonly anomalies: readonly Anomaly[];
  /** The most that a step is shown earlier than its clock says, so that no cause comes after its effect. */
  readonly shiftedMs: number;
  /** With times since the first of all began. */
  readonly bars: readonly Bar[];
}

/** What is known of a trace beside its events. */
export interface TraceContext {
  readonly bars?: readonly Bar[];
  /** Names of the requests, by id, where they have some already. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Puts the events in order, gives the requests their names, and finds out when each step began and ended. */
export function readTrace(events: readonly TraceEvent[], { bars = [], names }: TraceContext = {}): Trace {
  const ordered = inOrder(events);
  const requests = nameRequests(ordered, names);
  const ends = endsOf(ordered);
  const originMs = ordered.reduce(
    (first, { tookMs }, column) => Math.min(first, (ends[column] ?? 0) - tookMs),
    Math.min(...bars.map(({ fromMs }) => fromMs)),
  );
  const ownEnd = new Map<string, number>();
  const grantedAt = new Map<string, number>();
  const steps = ordered.flatMap((event, column): Step | [] => {
    const request = requests.get(event.requestId);
    if (!request) return [];
    const endMs = (ends[column] ?? 0) - originMs;
    const kind = kinds[event.step] ?? 'moment';
    const floor = kind === 'hold' ? grantedAt.get(request.requestId) : ownEnd.get(request.requestId);
    const startMs = kind === 'moment' ? endMs : Math.min(endMs, Math.max(endMs - event.tookMs, floor ?? 0));
    ownEnd.set(request.requestId, endMs);
    if (event.step === 'granted') grantedAt.set(request.requestId, endMs);
    return { event, request, kind, number: column + 1, column, startMs, endMs };
  });
  const shiftedMs = ordered.reduce((most, { wallMs }, column) => Math.max(most, wallMs - (ends[column] ?? wallMs)), 0);
  const since = (bar: Bar): Bar => ({
    ...bar,
    fromMs: bar.fromMs - originMs,
    ...(bar.toMs !== undefined && { toMs: bar.toMs - originMs }),
  });
  return {
    steps,
    requests: [...requests.values()],
    anomalies: findAnomalies(ordered, requests),
    shiftedMs,
    bars: bars.map(since),
  };
}

/** When each step ended, never later than one that comes after it. */
function endsOf(ordered: readonly TraceEvent[]): readonly number[] {
  let earliest = Number.POSITIVE_INFINITY;
  return ordered
    .toReversed()
    .map(({ wallMs }) => {
      earliest = Math.min(earliest, wallMs);
      return earliest;
    })
    .reverse();
}

/** All others are moments. */
const kinds: Readonly<Partial<Record<TraceStep, StepKind>>> = {
  granted: 'wait',
  released: 'hold',
  read: 'read',
  charged: 'act',
  refunded: 'act',
  written: 'write',
  refused: 'write',
};
