import { scaleLinear } from 'd3-scale';
import type { LoadRequest } from '../../state/load/record.ts';

/** A load as dots: across, when a request was sent; up, how long it took. Drawn in a square of 100 by 100, stretched. */
export interface Plot {
  readonly dots: readonly Dot[];
  /** Positions of the labels, in the square. */
  readonly seconds: readonly Tick[];
  readonly waits: readonly Tick[];
}

export interface Dot {
  readonly request: LoadRequest;
  readonly x: number;
  readonly y: number;
}

interface Tick {
  readonly value: number;
  readonly at: number;
}

/** The size of the square. */
export const side = 100;
const tickCount = 4;

/** @param seconds how long the load lasts. */
export function plotLoad(requests: readonly LoadRequest[], seconds: number): Plot {
  const answered = requests.flatMap((request) =>
    request.tookMs === undefined ? [] : [{ request, tookMs: request.tookMs }],
  );
  const longestMs = answered.reduce((longest, { tookMs }) => Math.max(longest, tookMs), 1);
  const across = scaleLinear([0, seconds * 1000], [0, side]).clamp(true);
  const up = scaleLinear([0, longestMs], [side, 0]).nice(tickCount);
  return {
    dots: answered.map(({ request, tookMs }) => ({ request, x: round(across(request.sentMs)), y: round(up(tookMs)) })),
    seconds: across.ticks(seconds).map((ms) => ({ value: ms / 1000, at: across(ms) })),
    waits: up.ticks(tickCount).map((ms) => ({ value: ms, at: up(ms) })),
  };
}

const round = (place: number) => Math.round(place * 100) / 100;

/** @returns dots as a path of lines without length: a round or square line end of a fixed width is a dot of any stretch. */
export const pathOf = (dots: readonly Dot[]): string => dots.map(({ x, y }) => `M${x} ${y}h0`).join('');

/** Farther away, in CSS pixels, a click means no dot. */
const reach = 24;

/** @returns the index of the dot nearest to a point. @param size of the drawing; it and the point are in CSS pixels. */
export function nearestDot(
  dots: readonly Dot[],
  point: { readonly x: number; readonly y: number },
  size: { readonly width: number; readonly height: number },
): number | undefined {
  const distances = dots.map(({ x, y }) =>
    Math.hypot((x / side) * size.width - point.x, (y / side) * size.height - point.y),
  );
  const nearest = distances.reduce(
    (best, distance, index) => (distance < (distances[best] ?? Infinity) ? index : best),
    0,
  );
  return (distances[nearest] ?? Infinity) <= reach ? nearest : undefined;
}

/** @returns the next dot with a lost update after an index, or the one before it; undefined if there is none. */
export function nextLost(dots: readonly Dot[], from: number | undefined, direction: 1 | -1): number | undefined {
  const lost = dots.flatMap(({ request }, index) => (request.isStale ? [index] : []));
  if (direction === 1) return lost.find((index) => from === undefined || index > from);
  return lost.findLast((index) => from !== undefined && index < from);
}
