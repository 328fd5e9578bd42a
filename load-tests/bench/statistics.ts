/** @returns the middle value, or the mean of the two middle ones; NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * @param percent above 0 and up to 100
 * @returns the smallest value that at least `percent` of all are not above (nearest rank); NaN where there is none.
 */
export function percentile(values: readonly number[], percent: number): number {
  const rank = Math.ceil((percent / 100) * values.length);
  return ascending(values)[Math.max(1, rank) - 1] ?? Number.NaN;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** @returns NaN where there is no value. */
export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** @returns the largest, or 0 where there is none; of any number of values, unlike Math.max. */
export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);
