import { groupBy } from '../../trace/group-by.ts';
import type { Step } from '../../trace/steps.ts';

/** A span without an event that ends it: a wait without a grant, or a lock that is still held. */
export interface OpenSpan {
  readonly kind: 'wait' | 'hold';
  /** The step from which it goes on. */
  readonly from: Step;
  /** The request's step that ended it; absent if it is open to the end of the trace. */
  readonly until?: Step;
}

/** The open spans of a trace: it is not over, or events are missing. */
export function findOpenSpans(steps: readonly Step[]): readonly OpenSpan[] {
  const requests = groupBy(steps, ({ request }) => request.requestId);
  return [...requests.values()].flatMap((own) => own.flatMap((step, index) => openSpanOf(step, own, index) ?? []));
}

function openSpanOf(from: Step, own: readonly Step[], index: number): OpenSpan | undefined {
  const later = own.slice(index + 1);
  const next = later[0];
  switch (from.event.step) {
    case 'waiting':
      if (next?.event.step === 'granted') return undefined;
      return { kind: 'wait', from, ...(next && { until: next }) };
    case 'granted': {
      const over = later.find(({ event }) => event.step === 'released' || event.step === 'granted');
      if (over?.event.step === 'released') return undefined;
      // An answered request has left its critical section, even if the event is missing.
      const until = over ?? later.find(({ event }) => event.step === 'answered');
      return { kind: 'hold', from, ...(until && { until }) };
    }
    default:
      return undefined;
  }
}
