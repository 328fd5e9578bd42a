import { isStaleWrite } from '../../trace/stale-write.ts';
import type { Step } from '../../trace/steps.ts';
import type { LaneStack, Row } from './lanes.ts';
import type { PlacedTrace } from './place.ts';
import { executionRowOf, lockRowOf, requestRowOf, rowOf, touchesRow, userRowOf } from './rows.ts';
import { half, radius } from './sizes.ts';

/** A message between two lanes: a line at the time when the step ended. */
export interface Message {
  readonly step: Step;
  readonly x: number;
  readonly fromY: number;
  readonly toY: number;
  readonly isStale: boolean;
}

/** The messages between the lanes. A message to a lane that is not drawn is omitted. */
export function placeMessages({ steps, xOf }: PlacedTrace, stack: LaneStack): readonly Message[] {
  return steps.flatMap((step): Message | [] => {
    const ends = endsOf(step);
    if (!ends) return [];
    const [from, to] = ends.map(stack.find);
    if (from === undefined || to === undefined || from === to) return [];
    const way = Math.sign(to - from);
    const [fromY, toY] = [from + way * edgeOf(ends[0], step), to - way * (edgeOf(ends[1], step) + 1)];
    return { step, x: xOf(step), fromY, toY, isStale: isStaleWrite(step.event) };
  });
}

function endsOf(step: Step): readonly [Row, Row] | undefined {
  const { request, event } = step;
  const instance = executionRowOf(request);
  switch (event.step) {
    case 'arrived':
      return [requestRowOf(request), instance];
    case 'answered':
      return [instance, requestRowOf(request)];
    case 'waiting':
      return [instance, { ...lockRowOf(step), owner: asking }];
    case 'granted':
      return [lockRowOf(step), instance];
    case 'released':
      return [instance, rowOf(step)];
    default: {
      if (!touchesRow(step)) return undefined;
      return event.step === 'read' ? [userRowOf(event.userId), instance] : [instance, userRowOf(event.userId)];
    }
  }
}

/** How far what is drawn in a row reaches from its middle. */
function edgeOf({ kind, owner }: Row, { event, kind: drawn }: Step): number {
  if (kind === 'request') return radius;
  if (kind === 'instance' && event.step === 'waiting') return radius;
  if (kind === 'instance') return drawn === 'moment' || drawn === 'hold' ? 1 : half.span;
  return owner.startsWith('user ') ? half.version : half.span;
}

/** A lock request points at the lane of the locks, at no particular row. */
export const asking = 'asking';
