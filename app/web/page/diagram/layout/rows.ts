import { lockModeTraits } from '../../../../lock-modes/registry.ts';
import type { TracedRequest } from '../../trace/requests.ts';
import type { Step } from '../../trace/steps.ts';
import type { Row } from './lanes.ts';

/** The row in which a step is drawn. */
export function rowOf(step: Step): Row {
  const { request, event } = step;
  if (event.step === 'arrived' || event.step === 'answered') return requestRowOf(request);
  if (step.kind === 'hold') return lockRowOf(step);
  return executionRowOf(request);
}

/** Where a request's work is drawn: on its instance. */
export function executionRowOf({ instance, requestId }: TracedRequest): Row {
  return { kind: 'instance', lane: instance, owner: requestId };
}

/** A request's own lane. */
export function requestRowOf({ requestId }: TracedRequest): Row {
  return { kind: 'request', lane: requestId, owner: 'request' };
}

/** Where holding the lock is drawn: where the thing that is held lies. */
export function lockRowOf({ event, request }: Step): Row {
  const owner = `lock of ${request.requestId}`;
  const { excludes, locksOn } = lockModeTraits[event.mode];
  if (excludes === 'instance') return { kind: 'instance', lane: request.instance, owner };
  const lane = locksOn === 'nothing' ? 'mysql' : 'redis';
  return { kind: lane, lane, owner };
}

/** The user's row in the database. */
export function userRowOf(userId: number): Row {
  return { kind: 'mysql', lane: 'mysql', owner: `user ${userId}` };
}

/** Whether a step reads or writes the user's row. */
export function touchesRow({ event: { step, saw, overwrote } }: Step): boolean {
  return (
    (step === 'read' && saw !== undefined) || (step === 'written' && overwrote !== undefined) || step === 'refused'
  );
}
