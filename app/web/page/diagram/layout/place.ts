import type { Step, Trace } from '../../trace/steps.ts';
import type { TimeAt } from './ticks.ts';

/** Part of the picture's width, in CSS pixels. */
export interface Extent {
  readonly left: number;
  readonly right: number;
}

/** A band around the middle of a row, as the attributes of a `rect`. @param tall half of its height. */
export function band({ left, right, y }: Extent & { readonly y: number }, tall: number) {
  return { x: left, y: y - tall, width: Math.max(1, right - left), height: 2 * tall };
}

/** What is written above the picture. */
export interface Axis {
  readonly ticks: readonly { readonly x: number; readonly label: string; readonly detail?: string }[];
  /** Parts that are drawn wider than they are. */
  readonly stretched: readonly Extent[];
  /** What a reader of the axis has to know, in words. */
  readonly note: string;
}

/** Where the steps stand from left to right, by their columns. */
export interface Placement {
  readonly extents: readonly Extent[];
  readonly width: number;
  /** Where times stand, from left to right; others are between them. */
  readonly times: readonly TimeAt[];
  readonly axis: Axis;
  /** Where what lasts beside the steps begins and ends, by its times. */
  readonly beside: ReadonlyMap<number, number>;
}

/** A span's end is not at its very edge, so that what meets it there is seen to meet it. */
const inset = 5;

/** A trace whose steps have their places from left to right, in a picture with margins. */
export interface PlacedTrace extends Trace, Extent {
  readonly extentOf: (step: Step) => Extent;
  /** Where a step is said to have happened: a moment in its middle, all else when it had ended. */
  readonly xOf: (step: Step) => number;
  /** Where what lasts beside the steps begins or ends. */
  readonly xAt: (ms: number) => number;
}

/** @param within what is inside the picture's margins */
export function placed(trace: Trace, { extents, beside }: Placement, within: Extent): PlacedTrace {
  const extentOf = ({ column }: Step) => {
    const { left, right } = extents[column] ?? { left: 0, right: 0 };
    return { left: left + within.left, right: right + within.left };
  };
  const xOf = (step: Step) => {
    const { left, right } = extentOf(step);
    return step.kind === 'moment' ? (left + right) / 2 : right - inset;
  };
  const xAt = (ms: number) => within.left + (beside.get(ms) ?? 0);
  return { ...trace, ...within, extentOf, xOf, xAt };
}
