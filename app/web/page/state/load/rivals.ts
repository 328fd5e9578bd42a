import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { groupBy } from '../../trace/group-by.ts';

/** The events of one request and its rivals: requests for the same user that were in progress at the same time. */
export interface Rivalry {
  /** In the order of the stream; empty if the request was not traced. */
  readonly events: readonly TraceEvent[];
  /** Rivals that a picture has no room for. */
  readonly leftOut: number;
}

/** Requests in a picture. */
const mostRequests = 6;

/** @returns the request with its rivals; of many, those that ended nearest to its end. */
export function findRivals(events: readonly TraceEvent[], requestId: string): Rivalry {
  const userId = events.find((event) => event.requestId === requestId)?.userId;
  const ofUser = events.filter((event) => event.userId === userId);
  const spans = [...groupBy(ofUser, (event) => event.requestId)].map(([id, own]) => ({ id, ...spanOf(own) }));
  const chosen = spans.find(({ id }) => id === requestId);
  if (!chosen) return { events: [], leftOut: 0 };
  const rivals = spans.filter(({ fromMs, toMs }) => fromMs <= chosen.toMs && toMs >= chosen.fromMs);
  const distance = ({ toMs }: { toMs: number }) => Math.abs(toMs - chosen.toMs);
  const nearest = rivals.sort((a, b) => distance(a) - distance(b)).slice(0, mostRequests);
  const shown = new Set([requestId, ...nearest.map(({ id }) => id)]);
  return {
    events: ofUser.filter((event) => shown.has(event.requestId)),
    leftOut: rivals.filter(({ id }) => !shown.has(id)).length,
  };
}

function spanOf(own: readonly TraceEvent[]): { fromMs: number; toMs: number } {
  return {
    fromMs: Math.min(...own.map(({ wallMs, tookMs }) => wallMs - tookMs)),
    toMs: Math.max(...own.map(({ wallMs }) => wallMs)),
  };
}
