import { isStaleWrite } from '../../trace/stale-write.ts';
import type { LaneStack } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { executionRowOf } from './rows.ts';

/** The time from a request's read to the write that it decides: what the read saw may change in between. */
export interface Window extends Extent {
  /** The id of the write's event. */
  readonly id: string;
  readonly y: number;
  /** True if it did change, and the write destroyed the change. */
  readonly isStale: boolean;
}

/** The window of each write, done or refused, whose read is in the trace. */
export function placeWindows({ steps, extentOf }: PlacedTrace, stack: LaneStack): readonly Window[] {
  return steps.flatMap((write): Window | [] => {
    const { event, request } = write;
    if (event.step !== 'written' && event.step !== 'refused') return [];
    const own = steps.filter((step) => step.request === request && step.column < write.column);
    const read = own.findLast((step) => step.event.step === 'read');
    if (!read || read.event.pass !== event.pass) return [];
    const [left, right] = [extentOf(read).right, extentOf(write).left];
    if (right <= left) return [];
    return { id: event.id, left, right, y: stack.yOf(executionRowOf(request)), isStale: isStaleWrite(event) };
  });
}
