import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { count, formatMs, formatVersion } from '../../format.ts';
import type { Anomaly } from '../../trace/anomalies.ts';
import { isStaleWrite } from '../../trace/stale-write.ts';
import type { Step, Trace } from '../../trace/steps.ts';
import { explain, predicateOf } from './explain.ts';

/**
 * Describes a step of the picture: its number, its time, and what happened.
 *
 * @param label the step's visible label. It comes first, so that voice control finds the step by it (WCAG 2.2, 2.5.3); a
 *   single letter is omitted.
 */
export function describeStep(step: Step, trace: Trace, label = ''): string {
  const { name: who } = step.request;
  const name = label.length < 2 ? who : label.includes(who) ? label : `${who} ${label}`;
  return `${name}, step ${step.number} of ${trace.steps.length}, at ${formatMs(step.endMs)}. ${describeEffect(step, trace)}`;
}

/** Describes what happened in a step, and its part in a lost update. */
export function describeEffect(step: Step, { anomalies, steps }: Trace): string {
  const { event, request } = step;
  if (isStaleWrite(event)) return anomalies.find(({ write }) => write === event)?.text ?? explain(event);
  const nameOf = (id: string) => steps.find((other) => other.event.requestId === id)?.request.name ?? id;
  const destroyer = anomalies.find(({ lostWrite }) => lostWrite === event);
  if (destroyer) {
    const rival = nameOf(destroyer.write.requestId);
    return `${explain(event)} This write is lost: ${rival} overwrites it without having read it.`;
  }
  if (!anomalies.some(({ read }) => read === event)) return explain(event);
  return `${explain(event)} ${request.name} decides its stale write on this read.`;
}

/** What happened in a step, to be read after the request's name. */
export function describePredicate({ event }: Step, { anomalies }: Trace): string {
  return anomalies.find(({ write }) => write === event)?.what ?? predicateOf(event);
}

/** More lost updates than these are counted. */
const mostNamed = 8;

/** Summarises a trace in a sentence or two, with its lost updates. */
export function describeTrace({ steps, requests, anomalies }: Trace): string {
  if (steps.length === 0) return 'No steps yet.';
  const lost = anomalies.length === 0 ? describeNone(steps) : count(anomalies.length, 'lost update');
  const counts = `${count(requests.length, 'request')}, ${count(steps.length, 'step')}, ${lost}.`;
  if (anomalies.length < 2) return [counts, anomalies[0]?.text].filter(Boolean).join(' ');
  const named = anomalies.slice(0, mostNamed).map((anomaly) => describeLoss(anomaly, requests));
  const more = anomalies.length - named.length;
  return `${counts} ${[...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}.`;
}

/** A lost update among others, in brief. */
function describeLoss({ write, lostWrite }: Anomaly, requests: Trace['requests']): string {
  const nameOf = (event: TraceEvent) => requests.find(({ requestId }) => requestId === event.requestId)?.name ?? '?';
  const lost = formatVersion(write.overwrote ?? 0, lostWrite?.paid);
  const by = lostWrite ? ` by ${nameOf(lostWrite)}` : '';
  return `${lost}${by} is lost to ${nameOf(write)}, decided on v${write.readVersion ?? '?'}`;
}

/** No lost update, as far as the trace shows. */
function describeNone(steps: readonly Step[]): string {
  const unknown = steps.filter(({ event }) => event.step === 'written' && event.overwrote === undefined).length;
  if (unknown === 0) return 'no lost update';
  return `no lost update found; the trace does not show what ${count(unknown, 'write')} overwrote`;
}

/** Where the picture differs from the clocks; empty below a tenth of a millisecond. */
export function describeShift({ shiftedMs }: Trace): string {
  if (shiftedMs < 0.1) return '';
  return `Steps are drawn up to ${formatMs(shiftedMs)} earlier than recorded, so that causes come before effects. `;
}
