import { formatMs } from '../../format.ts';
import type { Axis, Placeable, Placement } from './place.ts';
import { leastWidth, margin, tellingWidth } from './sizes.ts';
import { placeTicks, type TimeAt } from './ticks.ts';

/** A step begins or ends. */
interface Edge {
  /** Index of its run. */
  readonly run: number;
  readonly column: number;
  /** Where it stands among all steps of all runs. */
  readonly id: number;
  /** The least width of the step. */
  readonly least: number;
  readonly isStart: boolean;
  readonly ms: number;
}

/** Between the ends of two steps: so that none hides another. */
const leastGap = 6;
/** A wider picture is hard on a browser, and a zoom that goes so far says nothing more. */
const mostWidth = 24_000;
/** Of what lasts beside the steps: it stands before those at the same time. */
const noRun = -1;
/** How much of the width is for time itself, at the least, however much the least widths take. */
const minShare = 0.25;

/**
 * Places the steps on an axis of real time that gives way where it must: no step is narrower than {@link leastWidth}, so
 * that 2 ms can be seen, and picked, beside 2 s. What is to the right of a widened step moves along, for all lanes alike:
 * what came before still stands before. Where the axis gives way, it says so. The same time is at the same place in each run.
 *
 * @returns a placement for each run.
 */
export function placeInTime(placeable: Placeable): readonly Placement[] {
  const { runs, wanted, zoom } = placeable;
  const edges = edgesOf(placeable);
  const bare = widthOf(lay(edges, 0));
  const pxPerMs = findRate(edges, Math.min(Math.max(wanted, bare / (1 - minShare)) * zoom, Math.max(mostWidth, bare)));
  const xs = lay(edges, pxPerMs);
  const extents = runs.map((steps) => steps.map((): { left: number; right: number } => ({ left: 0, right: 0 })));
  edges.forEach(({ run, column, isStart }, index) => {
    const extent = extents[run]?.[column];
    if (extent) extent[isStart ? 'left' : 'right'] = xs[index] ?? 0;
  });
  const times = edges.map(({ ms }, index) => ({ ms, x: xs[index] ?? 0 }));
  const beside = new Map(edges.flatMap(({ run, ms }, index) => (run === noRun ? [[ms, xs[index] ?? 0]] : [])));
  const axis = drawAxis(times, pxPerMs);
  return extents.map((own) => ({ extents: own, width: widthOf(xs), times, beside, axis }));
}

/**
 * Where the steps begin and end, in the order of time. What begins or ends at the same time does so one after the other in
 * a run, but side by side in two runs.
 */
function edgesOf({ runs, telling, besides = [] }: Placeable): readonly Edge[] {
  let count = 0;
  return runs
    .flatMap((steps, run) => {
      const own = steps
        .flatMap(({ column, event, startMs, endMs }): Edge[] => {
          const least = telling?.has(event) ? tellingWidth : leastWidth;
          const step = { run, column, id: count++, least };
          return [
            { ...step, isStart: true, ms: startMs },
            { ...step, isStart: false, ms: endMs },
          ];
        })
        .sort((a, b) => a.ms - b.ms || a.column - b.column || Number(b.isStart) - Number(a.isStart));
      let first = 0; // at the same time
      return own.map((edge, index) => {
        if (edge.ms !== own[first]?.ms) first = index;
        return { edge, rank: index - first };
      });
    })
    .concat(
      besides.map((ms) => ({
        edge: { run: noRun, column: noRun, id: count++, least: 0, isStart: true, ms },
        rank: -1,
      })),
    )
    .sort((a, b) => a.edge.ms - b.edge.ms || a.rank - b.rank || a.edge.run - b.edge.run)
    .map(({ edge }) => edge);
}

const widthOf = (xs: readonly number[]) => (xs.at(-1) ?? margin) - margin;

/**
 * The longest path through all demands, from left to right: each edge stands as early as they let it. Steps of different
 * runs do not hide each other, so their ends need no gap.
 */
function lay(edges: readonly Edge[], pxPerMs: number): readonly number[] {
  const lefts: number[] = [];
  const lastEnds: number[] = [];
  let [x, ms] = [margin, edges[0]?.ms ?? 0];
  return edges.map((edge) => {
    const { run, id, least } = edge;
    x += (edge.ms - ms) * pxPerMs;
    ms = edge.ms;
    if (edge.isStart) lefts[id] = x;
    else {
      const lastEnd = lastEnds[run] ?? Number.NEGATIVE_INFINITY;
      x = Math.max(x, (lefts[id] ?? x) + least, lastEnd + leastGap);
      lastEnds[run] = x;
    }
    return x;
  });
}

/** @returns the rate at which it all becomes as wide as wanted: the width grows with the rate, so halving finds it. */
function findRate(edges: readonly Edge[], wanted: number): number {
  const ms = (edges.at(-1)?.ms ?? 0) - (edges[0]?.ms ?? 0);
  if (ms <= 0) return 0;
  let [low, high] = [0, wanted / ms];
  for (let round = 0; round < 24; round++) {
    const middle = (low + high) / 2;
    if (widthOf(lay(edges, middle)) > wanted) high = middle;
    else low = middle;
  }
  return low;
}

function drawAxis(times: readonly TimeAt[], pxPerMs: number): Axis {
  const [from, to] = [times[0]?.ms ?? 0, times.at(-1)?.ms ?? 0];
  if (to <= from) return { ticks: [], stretched: [], note: 'All steps at the same time.' };
  const stretched: { left: number; right: number }[] = [];
  times.forEach(({ ms, x: right }, index) => {
    const before = times[index - 1];
    if (!before) return;
    const left = before.x;
    const due = (ms - before.ms) * pxPerMs;
    if (right - left < Math.max(due * 1.5, due + 3)) return;
    const last = stretched.at(-1);
    if (last && left - last.right < 1) last.right = right;
    else stretched.push({ left, right });
  });
  const rate = pxPerMs > 0 ? `100 pixels are ${formatMs(100 / pxPerMs)}` : 'no step takes time';
  const note =
    stretched.length === 0
      ? `Real time: ${rate}.`
      : `Real time: ${rate}, except where the axis is hatched: short steps are drawn wider there.`;
  return { ticks: placeTicks(times, pxPerMs), stretched, note };
}
