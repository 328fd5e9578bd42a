import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { inSeconds } from '../../format.ts';
import type { Step } from '../../trace/steps.ts';
import type { Extent, Placement } from './place.ts';
import { leastWidth, tellingWidth } from './sizes.ts';

/** On each side of a column. */
const gap = 3;
/** Room for a letter or two, and for a time beneath the column's number. */
const least = 48;
const widest = 104;
/** Then the longest label fits. */
const widestZoomed = 240;

/**
 * Gives each step a column of its own, in the order in which they ended. A step during which others ended spans their
 * columns, so that concurrency is visible.
 *
 * @param wanted how wide the picture would like to be, at zoom 1; it is wider where the columns need it.
 * @param telling the steps whose labels have to be read: their columns are as wide as that takes.
 * @param times of what lasts beside the steps: each stands in the column of the step that ends next.
 */
export function placeInOrder(
  steps: readonly Step[],
  wanted: number,
  zoom: number,
  telling: ReadonlySet<TraceEvent> = new Set(),
  times: readonly number[] = [],
): Placement {
  const fitting = Math.min(widest, Math.max(least, wanted / Math.max(1, steps.length)));
  const column = Math.min(widestZoomed, Math.max(leastWidth + 2 * gap, fitting * zoom));
  const columns: Extent[] = [];
  for (const { event } of steps) {
    const left = columns.at(-1)?.right ?? 0;
    columns.push({ left, right: left + Math.max(column, telling.has(event) ? tellingWidth + 2 * gap : 0) });
  }
  const extents = firstColumns(steps).map((first, index) => ({
    left: (columns[first]?.left ?? 0) + gap,
    right: (columns[index]?.right ?? 0) - gap,
  }));
  const ticks = steps.map(({ number, endMs }, index) => {
    const { left, right } = columns[index] ?? { left: 0, right: 0 };
    return { x: (left + right) / 2, label: String(number), ...(column >= least && { detail: inSeconds(endMs) }) };
  });
  const note = 'One column per step, in the order in which they ended. Widths do not show time.';
  const width = columns.at(-1)?.right ?? 0;
  const xAt = (ms: number) => {
    const next = steps.findIndex(({ endMs }) => endMs >= ms);
    const [from = 0, to = ms] = [steps[next - 1]?.endMs, steps[next]?.endMs];
    const { left, right } = columns[next] ?? { left: width, right: width };
    return left + (right - left) * (to > from ? Math.max(0, ms - from) / (to - from) : 0);
  };
  return { extents, width, axis: { ticks, stretched: [], note }, times: new Map(times.map((ms) => [ms, xAt(ms)])) };
}

/** @returns for each step the first column that it spans; its request's previous step ended before. */
function firstColumns(steps: readonly Step[]): readonly number[] {
  return steps.map(({ startMs }, column) => {
    const underWay = steps.findIndex(({ endMs }) => endMs > startMs);
    return underWay === -1 ? column : Math.min(column, underWay);
  });
}
