import type { TraceEvent } from '../../../lab/trace/event.ts';
import { formatVersion } from '../format.ts';
import type { TracedRequest } from './requests.ts';
import { describeWrite, isStaleWrite } from './stale-write.ts';

/** A lost update: a write decided on a stale read. */
export interface Anomaly {
  readonly write: TraceEvent;
  /** The read that the write relied on; absent if that is not in the trace. */
  readonly read?: TraceEvent;
  /** The write that it overwrote; absent if that is not in the trace. */
  readonly lostWrite?: TraceEvent;
  /** Describes the anomaly in a sentence; requests have their names from the picture. */
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
      const text = tell(event, lostWrite, requests);
      anomalies.push({ write: event, ...(read && { read }), ...(lostWrite && { lostWrite }), text });
    }
    lastWriter.set(`${userId}:${overwrote + 1}`, event);
  }
  return anomalies;
}

function tell(
  write: TraceEvent,
  lostWrite: TraceEvent | undefined,
  requests: ReadonlyMap<string, TracedRequest>,
): string {
  const { userId, overwrote = 0 } = write;
  const who = ({ requestId, kind }: TraceEvent) => `${requests.get(requestId)?.name ?? requestId} (${kind})`;
  const lost = formatVersion(overwrote, lostWrite?.paid);
  const by = lostWrite ? ` by ${who(lostWrite)} is lost` : ' is lost; its write is not in this trace';
  return `Lost update, user ${userId}: ${who(write)} ${describeWrite(write)}: ${lost}${by}.`;
}
