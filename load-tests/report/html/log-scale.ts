/** A logarithmic scale over whole decades. */
export interface LogScale {
  /** The position of a value, in percent of the scale's length. */
  readonly percentOf: (value: number) => number;
  /** One value per decade. */
  readonly ticks: readonly number[];
}

/** @param values above zero; the scale includes all of them. */
export function logScale(values: readonly number[]): LogScale {
  const logs = values.map(Math.log10);
  const from = Math.floor(Math.min(...logs));
  const to = Math.max(Math.ceil(Math.max(...logs)), from + 1);
  return {
    percentOf: (value) => (100 * (Math.log10(value) - from)) / (to - from),
    ticks: Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index)),
  };
}
