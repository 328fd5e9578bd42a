import type { TraceEvent } from '../../../lab/trace-event.ts';
import { groupBy } from '../model/group-by.ts';
import type { Step, Trace } from './steps.ts';

/** More than that nobody reads in one picture, and no browser draws it at ease. */
const mostRequests = 12;
const mostSteps = 200;

/** The part of a trace that is drawn. */
export interface Clip {
  readonly trace: Trace;
  /** Whose requests they are; absent when everything is shown. */
  readonly userId?: number;
  /** What to ask for to see the user's earlier requests; absent when there are none. */
  readonly earlier?: TraceEvent;
  readonly later?: TraceEvent;
  /** How many there are with those that are left out. */
  readonly allSteps: number;
}

/**
 * Everything, if it is not too much. Else whole requests of one user around one event: of other users' requests none has
 * anything to do with it.
 *
 * @param around the event; without it, or if there is no such event, the first lost update, or else the first event.
 */
export function clip(trace: Trace, around?: TraceEvent): Clip {
  const { steps, requests, anomalies } = trace;
  const allSteps = steps.length;
  if (requests.length <= mostRequests && allSteps <= mostSteps) return { trace, allSteps };
  const wanted = steps.find(({ event }) => event.id === around?.id)?.event;
  const anomaly = anomalies.find(({ write }) => wanted === undefined || write === wanted);
  const focus = wanted ?? anomaly?.write ?? steps[0]?.event;
  if (!focus) return { trace, allSteps };
  const ofUser = steps.filter(({ event }) => event.userId === focus.userId);
  const own = [...groupBy(ofUser, ({ request }) => request).values()];
  const indexOf = (event: TraceEvent) => own.findIndex((group) => group[0].event.requestId === event.requestId);
  const musts = [focus, ...(anomaly?.destroyed ? [anomaly.destroyed] : [])]
    .map(indexOf)
    .filter((index) => index !== -1);
  const [from, to] = grow(
    own.map(({ length }) => length),
    musts,
  );
  const shown = new Set(own.slice(from, to).flat());
  const [earlier, later] = [own[from - 1]?.[0].event, own[to]?.[0].event];
  return {
    trace: only(trace, shown),
    userId: focus.userId,
    ...(earlier && { earlier }),
    ...(later && { later }),
    allSteps,
  };
}

/** @returns from where to where, exclusive: what has to be there, and on both sides of it as much as there is room for. */
function grow(counts: readonly number[], musts: readonly number[]): readonly [number, number] {
  let from = Math.min(...musts, counts.length);
  let to = Math.max(...musts, from) + 1;
  if (to - from > mostRequests) from = to - mostRequests; // so far apart: what comes last is what it is about
  let room = mostSteps - counts.slice(from, to).reduce((sum, count) => sum + count, 0);
  for (;;) {
    const before = from > 0 ? counts[from - 1] : undefined;
    const after = counts[to];
    const goesBack = before !== undefined && before <= room;
    const goesOn = after !== undefined && after <= room;
    if (to - from >= mostRequests || (!goesBack && !goesOn)) return [from, to];
    if (goesBack) room -= counts[--from] ?? 0;
    if (goesOn && to - from < mostRequests) room -= counts[to++] ?? 0;
  }
}

function only(trace: Trace, shown: ReadonlySet<Step>): Trace {
  const steps = trace.steps.filter((step) => shown.has(step)).map((step, column) => ({ ...step, column }));
  const events = new Set(steps.map(({ event }) => event));
  const requests = new Set(steps.map(({ request }) => request));
  return {
    ...trace,
    steps,
    requests: trace.requests.filter((request) => requests.has(request)),
    anomalies: trace.anomalies.filter(({ write }) => events.has(write)),
  };
}
