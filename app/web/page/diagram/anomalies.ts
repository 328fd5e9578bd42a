import type { TraceEvent } from '../../../lab/trace/event.ts';
import type { TracedRequest } from '../model/requests.ts';
import { isStaleWrite } from '../model/stale-write.ts';
import { flag } from './explain.ts';

/** A lost update: a write that was decided on a read which was outdated by then. */
export interface Anomaly {
  readonly write: TraceEvent;
  /** The read that the write relied on; absent when that is not in the trace. */
  readonly read?: TraceEvent;
  /** The write that it destroyed; absent when that is not in the trace. */
  readonly lostWrite?: TraceEvent;
  /** What happened, in a sentence; the requests have the names that they have in the picture. */
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
  const lastWriter = new Map<string, TraceEvent>(); // of each user's version: after a reset, versions come again
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
  const { userId, readVersion = '?', overwrote, paid } = write;
  const who = ({ requestId, kind }: TraceEvent) => `${requests.get(requestId)?.name ?? requestId} (${kind})`;
  const victim = lostWrite
    ? `version ${overwrote}, in which ${who(lostWrite)} had written ${flag(lostWrite.paid)}`
    : `version ${overwrote}, whose write is not in this trace`;
  return `Lost update, user ${userId}: ${who(write)} had read version ${readVersion} and wrote ${flag(paid)} over ${victim}. It never saw that write, and has destroyed it.`;
}
