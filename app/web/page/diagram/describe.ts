import { count, formatMs } from '../model/format.ts';
import { isStaleWrite } from '../model/stale-write.ts';
import { explain } from './explain.ts';
import type { Step, Trace } from './steps.ts';

/**
 * What is told of a step in the picture: which it is, when, and what happened.
 *
 * @param label what the step is labelled with. It comes first, so that whoever speaks to the browser can call the
 *   step by what is to be seen (WCAG 2.2, 2.5.3); of a letter nobody would think.
 */
export function describeStep(step: Step, trace: Trace, label = ''): string {
  const { name: who } = step.request;
  const name = label.length < 2 ? who : label.includes(who) ? label : `${who} ${label}`;
  return `${name}, step ${step.number} of ${trace.steps.length}, at ${formatMs(step.endMs)}. ${describeEffect(step, trace)}`;
}

/** What happened in a step, and what it has to do with a lost update. */
export function describeEffect(step: Step, { anomalies, steps }: Trace): string {
  const { event, request } = step;
  if (isStaleWrite(event)) return anomalies.find(({ write }) => write === event)?.text ?? explain(event);
  const nameOf = (id: string) => steps.find((other) => other.event.requestId === id)?.request.name ?? id;
  const destroyer = anomalies.find(({ lostWrite }) => lostWrite === event);
  if (destroyer) {
    const rival = nameOf(destroyer.write.requestId);
    return `${explain(event)} This write is lost: ${rival} writes over it without having seen it.`;
  }
  if (!anomalies.some(({ read }) => read === event)) return explain(event);
  return `${explain(event)} On this ${request.name} relies for its write, which destroys another one.`;
}

/** What a trace comes to, in a sentence or two. */
export function describeTrace({ steps, requests, anomalies }: Trace): string {
  if (steps.length === 0) return 'No steps yet.';
  const lost = anomalies.length === 0 ? describeNone(steps) : count(anomalies.length, 'lost update');
  const counts = `${count(requests.length, 'request')}, ${count(steps.length, 'step')}, ${lost}.`;
  return [counts, anomalies[0]?.text].filter(Boolean).join(' ');
}

/** That there is no lost update, as far as the trace shows what was overwritten. */
function describeNone(steps: readonly Step[]): string {
  const unknown = steps.filter(({ event }) => event.step === 'written' && event.overwrote === undefined).length;
  if (unknown === 0) return 'no lost update';
  const what = unknown === 1 ? 'what it overwrote' : 'what they overwrote';
  return `no lost update to be seen; of ${count(unknown, 'write')} it is not known ${what}`;
}

/** Where the picture departs from what the clocks say; empty where it does not, to a tenth of a millisecond. */
export function describeShift({ shiftedMs }: Trace): string {
  if (shiftedMs < 0.1) return '';
  return `So that causes come before their effects, a step is drawn up to ${formatMs(shiftedMs)} earlier than its instance noted it. `;
}
