import { isStaleWrite } from '../../trace/stale-write.ts';
import type { Step } from '../../trace/steps.ts';
import { isRefusal, labelFor } from './labels.ts';
import type { LaneStack } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { rowOf } from './rows.ts';

/** A step as it is drawn: a span, or a point in the middle of its extent. */
export interface Mark extends Extent {
  readonly step: Step;
  readonly y: number;
  readonly label: string;
  /** `stale`: it overwrites another write unread; `refused`: it was rejected; `lost`: a stale write overwrites it. */
  readonly fates: readonly ('stale' | 'refused' | 'lost')[];
}

/** One mark for each step, in order. */
export function placeMarks(trace: PlacedTrace, stack: LaneStack): readonly Mark[] {
  const lostWrite = new Set(trace.anomalies.map((anomaly) => anomaly.lostWrite));
  return trace.steps.map((step) => {
    const extent = trace.extentOf(step);
    const { event } = step;
    const isRefused = event.step === 'refused' || event.gateway === 'refused' || isRefusal(event);
    return {
      step,
      ...extent,
      y: stack.yOf(rowOf(step)),
      label: labelFor(step, extent.right - extent.left),
      fates: [
        ...(isStaleWrite(event) ? (['stale'] as const) : []),
        ...(isRefused ? (['refused'] as const) : []),
        ...(lostWrite.has(event) ? (['lost'] as const) : []),
      ],
    };
  });
}
