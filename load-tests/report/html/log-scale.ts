/** A logarithmic scale over whole decades. */
export interface LogScale {
  /** Where the value stands, in percent of the scale's length. */
  readonly percentOf: (value: number) => number;
  /** A value a decade. */
  readonly ticks: readonly number[];
}

/** @param values above zero; the scale holds all of them. */
export function logScale(values: readonly number[]): LogScale {
  const logs = values.map(Math.log10);
  const from = Math.floor(Math.min(...logs));
  const to = Math.max(Math.ceil(Math.max(...logs)), from + 1);
  return {
    percentOf: (value) => (100 * (Math.log10(value) - from)) / (to - from),
    ticks: Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index)),
  };
}
