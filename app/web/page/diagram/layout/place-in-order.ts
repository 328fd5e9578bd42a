import { inSeconds } from '../../format.ts';
import type { Step } from '../../trace/steps.ts';
import type { Extent, Placeable, Placement } from './place.ts';
import { leastWidth, margin, tellingWidth } from './sizes.ts';

/** On each side of a column. */
const gap = 3;
/** The narrowest column: room for a letter or two. */
const least = leastWidth + 2 * gap;
/** Room for a time beneath the column's number. */
const timeWidth = 48;
const widest = 104;
/** Then the longest label fits. */
const widestZoomed = 240;

/**
 * Gives each step a column of its own, in the order in which they ended. A step during which others ended spans their
 * columns, so that concurrency is visible. Several runs share the columns: the fifth step is at the same place in each. What
 * lasts beside the steps begins and ends in the column of the step that ends next.
 *
 * @returns a placement for each run.
 */
export function placeInOrder(placeable: Placeable): readonly Placement[] {
  const { runs, besides = [] } = placeable;
  const columns = columnsOf(placeable);
  const end = columns.at(-1)?.right ?? margin;
  const note = 'One column per step, in the order in which they ended. Widths do not show time.';
  return runs.map((steps) => {
    const extents = firstColumns(steps).map((first, index) => ({
      left: (columns[first]?.left ?? 0) + gap,
      right: (columns[index]?.right ?? 0) - gap,
    }));
    const ticks = steps.map(({ number, endMs }, index) => {
      const { left, right } = columns[index] ?? { left: 0, right: 0 };
      return {
        x: (left + right) / 2,
        label: String(number),
        ...(right - left >= timeWidth && { detail: inSeconds(endMs) }),
      };
    });
    // A column has happened when its step has ended.
    const times = steps.flatMap(({ endMs: ms }, index) => {
      const { left, right } = columns[index] ?? { left: 0, right: 0 };
      return [left + gap, right - gap].map((x) => ({ ms, x }));
    });
    const xAt = (ms: number) => {
      const next = steps.findIndex(({ endMs }) => endMs >= ms);
      const [from = 0, to = ms] = [steps[next - 1]?.endMs, steps[next]?.endMs];
      const { left, right } = columns[next] ?? { left: end, right: end };
      return left + (right - left) * (to > from ? Math.max(0, ms - from) / (to - from) : 0);
    };
    const beside = new Map(besides.map((ms) => [ms, xAt(ms)]));
    return { extents, width: end - margin, times, beside, axis: { ticks, stretched: [], note } };
  });
}

/** As many columns as the longest run has steps. They fit in the wanted width, if the narrowest do. */
function columnsOf({ runs, wanted, zoom, telling }: Placeable): readonly Extent[] {
  const count = Math.max(0, ...runs.map(({ length }) => length));
  const labelled = new Set(runs.flat().flatMap(({ event, column }) => (telling?.has(event) ? column : [])));
  const tellingColumn = tellingWidth + 2 * gap;
  const even = wanted / Math.max(1, count);
  const beside = (wanted - labelled.size * tellingColumn) / Math.max(1, count - labelled.size);
  // Labels have to be read if all fit then. Where not even the narrowest fit, each has room for its time.
  const isCrowded = even >= least && even < tellingColumn && beside < least;
  const fitting = [even >= tellingColumn ? even : beside, even, timeWidth].find((width) => width >= least) ?? least;
  const column = Math.min(widestZoomed, Math.max(least, Math.min(widest, fitting) * zoom));
  const columns: Extent[] = [];
  for (let index = 0; index < count; index++) {
    const left = columns.at(-1)?.right ?? margin;
    columns.push({ left, right: left + Math.max(column, labelled.has(index) && !isCrowded ? tellingColumn : 0) });
  }
  return columns;
}

/** @returns for each step the first column that it spans; its request's previous step ended before. */
function firstColumns(steps: readonly Step[]): readonly number[] {
  return steps.map(({ startMs }, column) => {
    const underWay = steps.findIndex(({ endMs }) => endMs > startMs);
    return underWay === -1 ? column : Math.min(column, underWay);
  });
}
