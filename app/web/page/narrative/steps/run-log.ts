import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { describeWrite, isStaleWrite } from '../../trace/stale-write.ts';
import { readTrace } from '../../trace/steps.ts';
import { predicateOf } from './explain.ts';

/** One line of a run's log. */
export interface LogLine extends Pick<TraceEvent, 'id' | 'kind' | 'requestId'> {
  /** After the run's first event. */
  readonly ms: number;
  readonly text: string;
  readonly tone: 'fine' | 'bad' | 'blocked';
}

/** Describes what happened, step by step, without what is no news. The verdict says whose write a stale one lost. */
export function describeEvents(events: readonly TraceEvent[]): LogLine[] {
  return readTrace(events)
    .steps.filter(({ event }) => isNews(event))
    .map(({ event, endMs: ms }) => {
      const { id, kind, requestId } = event;
      const text = isStaleWrite(event) ? describeWrite(event) : predicateOf(event);
      return { id, kind, requestId, ms, text, tone: toneOf(event) };
    });
}

const isNews = ({ step, decision }: TraceEvent) =>
  step !== 'arrived' && step !== 'released' && (step !== 'decided' || decision === 'charge' || decision === 'refund');

function toneOf(event: TraceEvent): LogLine['tone'] {
  if (isStaleWrite(event)) return 'bad';
  return event.step === 'waiting' || event.step === 'refused' ? 'blocked' : 'fine';
}
