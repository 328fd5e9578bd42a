import type { TraceEvent } from '../../../lab/trace/event.ts';
import type { TracedRequest } from './requests.ts';
import { describeStaleWrite, isStaleWrite } from './stale-write.ts';

/** A lost update: a write decided on a stale read. */
export interface Anomaly {
  readonly write: TraceEvent;
  /** The read that the write relied on; absent if that is not in the trace. */
  readonly read?: TraceEvent;
  /** The write that it overwrote; absent if that is not in the trace. */
  readonly lostWrite?: TraceEvent;
  /** What the write did, to be read after its request's name; requests have their names from the picture. */
  readonly what: string;
  /** The same as a sentence. */
  readonly text: string;
}

/**
 * The stale writes of a trace, first to last.
 *
 * @param ordered its events, in the order that {@link inOrder} gives them.
 */
export function findAnomalies(
  ordered: readonly TraceEvent[],
  requests: ReadonlyMap<string, TracedRequest>,
): readonly Anomaly[] {
  const lastRead = new Map<string, TraceEvent>(); // of each request
  const lastWriter = new Map<string, TraceEvent>(); // of each user's version: a reset starts them again
  const anomalies: Anomaly[] = [];
  for (const event of ordered) {
    const { step, requestId, userId, overwrote } = event;
    if (step === 'read') lastRead.set(requestId, event);
    if (step !== 'written' || overwrote === undefined) continue;
    if (isStaleWrite(event)) {
      const own = lastRead.get(requestId);
      const read = own?.pass === event.pass ? own : undefined;
      const lostWrite = lastWriter.get(`${userId}:${overwrote}`);
      const who = ({ requestId, kind }: TraceEvent) => `${requests.get(requestId)?.name ?? requestId} (${kind})`;
      const what = lostWrite
        ? describeStaleWrite(event, lostWrite, who(lostWrite))
        : `${describeStaleWrite(event, undefined)}; its write is not in this trace`;
      const text = `Lost update, user ${userId}: ${who(event)} ${what}.`;
      anomalies.push({ write: event, ...(read && { read }), ...(lostWrite && { lostWrite }), what, text });
    }
    lastWriter.set(`${userId}:${overwrote + 1}`, event);
  }
  return anomalies;
}
