import type { TraceEvent } from '../../../../lab/trace/event.ts';
import type { LoadRecord, LoadRequest } from '../../state/load/record.ts';
import type { CallAnswer } from '../../state/run.ts';
import { resultOf } from '../../state/tally.ts';
import { isStaleWrite } from '../../trace/stale-write.ts';

/** Records the requests of one load. */
export interface LoadRecorder {
  sent(request: Pick<LoadRequest, 'requestId' | 'kind' | 'userId' | 'sentMs'>): void;
  answered(requestId: string, answer: CallAnswer): void;
  event(event: TraceEvent): void;
  /** What is known so far. */
  record(): LoadRecord;
}

export function createLoadRecorder(): LoadRecorder {
  const requests = new Map<string, LoadRequest>();
  const events: TraceEvent[] = [];
  const change = (requestId: string, changed: Partial<LoadRequest>) => {
    const request = requests.get(requestId);
    if (request) requests.set(requestId, { ...request, ...changed });
  };
  return {
    sent: (request) => requests.set(request.requestId, { ...request, isStale: false }),
    answered(requestId, answer) {
      const { tookMs } = answer;
      const said = resultOf(answer);
      change(requestId, { tookMs, said, ...(answer.outcome !== 'unreachable' && { instance: answer.instance }) });
    },
    event(event) {
      events.push(event);
      if (isStaleWrite(event)) change(event.requestId, { isStale: true });
    },
    record: () => ({ requests: [...requests.values()], events: [...events] }),
  };
}
