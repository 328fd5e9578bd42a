import { scaleLinear } from 'd3-scale';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { formatMs } from '../../format.ts';
import type { Step } from '../../trace/steps.ts';
import type { Axis, Placement } from './place.ts';
import { leastWidth, tellingWidth } from './sizes.ts';

/** A step begins or ends. */
interface Edge {
  readonly column: number;
  /** The least width of the step. */
  readonly least: number;
  readonly isStart: boolean;
  readonly ms: number;
}

/** Between the ends of two steps: so that none hides another. */
const leastGap = 6;
/** A wider picture is hard on a browser, and a zoom that goes so far says nothing more. */
const mostWidth = 24_000;
/** Of no step: before those at the same time. */
const besides = -1;
const leastBetweenTicks = 56;
/** How much of the width is for time itself, at the least, however much the least widths take. */
const minShare = 0.4;

/**
 * Places the steps on an axis of real time that gives way where it must: no step is narrower than {@link leastWidth}, so
 * that 2 ms can be seen, and picked, beside 2 s. What is to the right of a widened step moves along, for all lanes alike:
 * what came before still stands before. Where the axis gives way, it says so.
 *
 * @param wanted how wide the picture would like to be, at zoom 1.
 * @param telling the steps whose labels have to be read: they are widened even more.
 * @param times of what lasts beside the steps, which are placed among them.
 */
export function placeInTime(
  steps: readonly Step[],
  wanted: number,
  zoom: number,
  telling: ReadonlySet<TraceEvent> = new Set(),
  times: readonly number[] = [],
): Placement {
  const beside = times.map((ms): Edge => ({ column: besides, least: 0, isStart: true, ms }));
  const edges = steps
    .flatMap(({ column, event, startMs, endMs }): Edge[] => {
      const least = telling.has(event) ? tellingWidth : leastWidth;
      return [
        { column, least, isStart: true, ms: startMs },
        { column, least, isStart: false, ms: endMs },
      ];
    })
    .concat(beside)
    .sort((a, b) => a.ms - b.ms || a.column - b.column || Number(b.isStart) - Number(a.isStart));
  const bare = widthOf(lay(edges, 0));
  const pxPerMs = findRate(edges, Math.min(Math.max(wanted, bare / (1 - minShare)) * zoom, Math.max(mostWidth, bare)));
  const xs = lay(edges, pxPerMs);
  const extents = steps.map((): { left: number; right: number } => ({ left: 0, right: 0 }));
  edges.forEach(({ column, isStart }, index) => {
    const extent = extents[column];
    if (extent) extent[isStart ? 'left' : 'right'] = xs[index] ?? 0;
  });
  const placed = new Map(edges.flatMap(({ column, ms }, index) => (column === besides ? [[ms, xs[index] ?? 0]] : [])));
  return { extents, width: widthOf(xs), axis: drawAxis(edges, xs, pxPerMs), times: placed };
}

const widthOf = (xs: readonly number[]) => xs.at(-1) ?? 0;

/** The longest path through all demands, from left to right: each edge stands as early as they let it. */
function lay(edges: readonly Edge[], pxPerMs: number): readonly number[] {
  const lefts = new Map<number, number>();
  let [x, ms, lastEnd] = [0, edges[0]?.ms ?? 0, Number.NEGATIVE_INFINITY];
  return edges.map((edge) => {
    x += (edge.ms - ms) * pxPerMs;
    ms = edge.ms;
    if (edge.isStart) lefts.set(edge.column, x);
    else {
      x = Math.max(x, (lefts.get(edge.column) ?? x) + edge.least, lastEnd + leastGap);
      lastEnd = x;
    }
    return x;
  });
}

/** @returns the rate at which it all becomes as wide as wanted: the width grows with the rate, so halving finds it. */
function findRate(edges: readonly Edge[], wanted: number): number {
  const ms = (edges.at(-1)?.ms ?? 0) - (edges[0]?.ms ?? 0);
  if (ms <= 0) return 0;
  let [low, high] = [0, wanted / ms];
  for (let round = 0; round < 40; round++) {
    const middle = (low + high) / 2;
    if (widthOf(lay(edges, middle)) > wanted) high = middle;
    else low = middle;
  }
  return low;
}

function drawAxis(edges: readonly Edge[], xs: readonly number[], pxPerMs: number): Axis {
  const [from, to] = [edges[0]?.ms ?? 0, edges.at(-1)?.ms ?? 0];
  if (to <= from) return { ticks: [], stretched: [], note: 'All steps at the same time.' };
  // A moment has a width, so that one time may stand at two places. Between two times, the nearer ones count.
  const warped = scaleLinear(
    edges.map(({ ms }) => ms),
    xs,
  );
  const [unitMs, unit] = to >= 1000 ? [1000, 's'] : [1, 'ms'];
  const fair = scaleLinear([from / unitMs, to / unitMs], [0, 1]);
  const count = Math.max(4, widthOf(xs) / 90);
  const format = fair.tickFormat(count);
  const ticks: { x: number; label: string }[] = [];
  for (const value of fair.ticks(count)) {
    const x = warped(value * unitMs);
    if (x - (ticks.at(-1)?.x ?? Number.NEGATIVE_INFINITY) >= leastBetweenTicks) {
      ticks.push({ x, label: `${format(value)} ${unit}` });
    }
  }
  const stretched: { left: number; right: number }[] = [];
  edges.forEach(({ ms }, index) => {
    const [left = 0, right = 0] = [xs[index - 1], xs[index]];
    const due = (ms - (edges[index - 1]?.ms ?? ms)) * pxPerMs;
    if (index === 0 || right - left < Math.max(due * 1.5, due + 3)) return;
    const last = stretched.at(-1);
    if (last && left - last.right < 1) last.right = right;
    else stretched.push({ left, right });
  });
  const rate = pxPerMs > 0 ? `100 pixels are ${formatMs(100 / pxPerMs)}` : 'no step takes time';
  const note =
    stretched.length === 0
      ? `Real time: ${rate}.`
      : `Real time: ${rate}, except where the axis is hatched: short steps are drawn wider there.`;
  return { ticks, stretched, note };
}
