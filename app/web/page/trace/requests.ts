import type { TraceEvent } from '../../../lab/trace/event.ts';

/** A request of the trace, under the short name that picture, table and words give it. */
export interface TracedRequest extends Pick<TraceEvent, 'requestId' | 'kind' | 'userId' | 'amount' | 'instance'> {
  /** A, B, … Z, A2, … in the order of their first steps. */
  readonly name: string;
}

/**
 * The requests of a trace, by their id.
 *
 * @param ordered the events in order, as {@link inOrder} gives them: the letters follow it.
 * @param names those that have a name already.
 */
export function nameRequests(
  ordered: readonly TraceEvent[],
  names: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, TracedRequest> {
  const requests = new Map<string, TracedRequest>();
  for (const { requestId, kind, userId, amount, instance } of ordered) {
    if (requests.has(requestId)) continue;
    const name = names.get(requestId) ?? letter(requests.size);
    requests.set(requestId, { name, requestId, kind, userId, amount, instance });
  }
  return requests;
}

/** The name of a request, by its place in the order: A, B, … Z, A2, … */
export function letter(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (round > 0 ? round + 1 : '');
}
