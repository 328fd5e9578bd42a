import type { TracedRequest } from '../model/requests.ts';
import type { Item } from './lanes.ts';
import type { Step } from './steps.ts';

/** Where something is drawn: a row of a lane. */
export type Home = Pick<Item, 'kind' | 'lane' | 'owner'>;

/** The row in which a step is drawn. */
export function homeOf(step: Step): Home {
  const { request, event } = step;
  if (event.step === 'arrived' || event.step === 'answered') return lifeOf(step);
  if (step.kind === 'hold') return lockOf(step);
  return workOf(request);
}

/** Where a request's work is drawn: on its instance. */
export function workOf({ instance, requestId }: TracedRequest): Home {
  return { kind: 'instance', lane: instance, owner: requestId };
}

/** A request's own lane. */
export function lifeOf({ request }: Pick<Step, 'request'>): Home {
  return { kind: 'request', lane: request.requestId, owner: 'life' };
}

/** Where holding the lock is drawn: where the thing that is held lies. */
export function lockOf({ event, request }: Step): Home {
  const owner = `lock of ${request.requestId}`;
  if (event.mode === 'memory') return { kind: 'instance', lane: request.instance, owner };
  if (event.mode === 'row') return { kind: 'mysql', lane: 'mysql', owner };
  return { kind: 'redis', lane: 'redis', owner };
}

/** The user's row in the database. */
export function rowOf(userId: number): Home {
  return { kind: 'mysql', lane: 'mysql', owner: `user ${userId}` };
}

/** Whether a step reads or writes the user's row. */
export function meetsRow({ event: { step, saw, overwrote } }: Step): boolean {
  return (
    (step === 'read' && saw !== undefined) || (step === 'written' && overwrote !== undefined) || step === 'refused'
  );
}
