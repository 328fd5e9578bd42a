import { scaleLinear } from 'd3-scale';

/** A time, and where it stands. */
export interface TimeAt {
  readonly ms: number;
  readonly x: number;
}

const leastBetweenTicks = 56;

/**
 * Labels an axis at equal intervals of time, as many as there is room for. Where the axis is stretched, their distances
 * differ, never their values.
 *
 * @param times from left to right. Two times may stand at one place, and one time at two.
 * @param pxPerMs the least that the axis gives to a millisecond.
 */
export function placeTicks(
  times: readonly TimeAt[],
  pxPerMs: number,
): readonly { readonly x: number; readonly label: string }[] {
  const [from, to] = [times[0]?.ms ?? 0, times.at(-1)?.ms ?? 0];
  const [unitMs, unit] = to >= 1000 ? [1000, 's'] : [1, 'ms'];
  // A moment has a width, so that one time may stand at two places. Between two times, the nearer ones count.
  const warped = scaleLinear(
    times.map(({ ms }) => ms),
    times.map(({ x }) => x),
  );
  const fair = scaleLinear([from / unitMs, to / unitMs], [0, 1]);
  // Nowhere is the axis narrower than its rate, but a tick may be closer to a time that stands at two places.
  for (let count = Math.max(2, ((to - from) * pxPerMs) / leastBetweenTicks); ; count *= 0.8) {
    const format = fair.tickFormat(count);
    const ticks = fair.ticks(count).map((value) => ({ x: warped(value * unitMs), label: `${format(value)} ${unit}` }));
    if (count < 1 || areApart(ticks)) return ticks;
  }
}

function areApart(ticks: readonly { readonly x: number }[]): boolean {
  return ticks.every(({ x }, index) => x - (ticks[index - 1]?.x ?? Number.NEGATIVE_INFINITY) >= leastBetweenTicks);
}
