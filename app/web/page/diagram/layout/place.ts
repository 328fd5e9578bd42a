import type { TraceEvent } from '../../../../lab/trace/event.ts';
import type { Step, Trace } from '../../trace/steps.ts';
import { margin } from './sizes.ts';
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

/** The size of a drawing, as the attributes of an `svg`. @param unit CSS pixels per pixel of the layout. */
export function sized(width: number, height: number, unit: number) {
  return { width: width * unit, height: height * unit, viewBox: `0 0 ${width} ${height}` };
}

/** What is written above the picture. */
export interface Axis {
  readonly ticks: readonly { readonly x: number; readonly label: string; readonly detail?: string }[];
  /** Parts that are drawn wider than they are. */
  readonly stretched: readonly Extent[];
  /** What a reader of the axis has to know, in words. */
  readonly note: string;
}

/** What is to be placed from left to right. */
export interface Placeable {
  /** The steps of each trace. They share one axis. */
  readonly runs: readonly (readonly Step[])[];
  /** How wide the picture would like to be, at zoom 1; it is wider where the steps need it. */
  readonly wanted: number;
  readonly zoom: number;
  /** The steps whose labels have to be read: they are as wide as that takes. */
  readonly telling?: ReadonlySet<TraceEvent | undefined>;
  /** The times of what lasts beside the steps. */
  readonly besides?: readonly number[];
}

/** Where the steps stand from left to right, by their columns: from the picture's {@link margin} on. */
export interface Placement {
  readonly extents: readonly Extent[];
  /** Without the margins. The same for all that are placed together. */
  readonly width: number;
  /** Where times stand, from left to right; others are between them. */
  readonly times: readonly TimeAt[];
  readonly axis: Axis;
  /** Where what lasts beside the steps begins and ends, by its times. */
  readonly beside: ReadonlyMap<number, number>;
}

/** A span's end is not at its very edge, so that what meets it there is seen to meet it. */
const inset = 5;

/** A trace whose steps have their places from left to right, within the picture's margins. */
export interface PlacedTrace extends Trace, Extent {
  readonly extentOf: (step: Step) => Extent;
  /** Where a step is said to have happened: a moment in its middle, all else when it had ended. */
  readonly xOf: (step: Step) => number;
  /** Where what lasts beside the steps begins or ends. */
  readonly xAt: (ms: number) => number;
}

/** @param right where the picture's right margin begins. */
export function placed(trace: Trace, { extents, beside }: Placement, right: number): PlacedTrace {
  const extentOf = ({ column }: Step) => extents[column] ?? { left: margin, right: margin };
  const xOf = (step: Step) => {
    const { left, right: end } = extentOf(step);
    return step.kind === 'moment' ? (left + end) / 2 : end - inset;
  };
  const xAt = (ms: number) => beside.get(ms) ?? margin;
  return { ...trace, left: margin, right, extentOf, xOf, xAt };
}
