/** @returns NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * @param percent above 0 and up to 100
 * @returns the smallest value that at least `percent` of all values do not exceed (nearest rank); NaN for no values.
 */
export function percentile(values: readonly number[], percent: number): number {
  const rank = Math.ceil((percent / 100) * values.length);
  return ascending(values)[Math.max(1, rank) - 1] ?? Number.NaN;
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** @returns NaN for no values. */
export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** @returns 0 for no values. Unlike spreading into Math.max, it takes any number of them. */
export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);
