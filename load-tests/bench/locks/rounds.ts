import { largest, median, sum } from '../statistics.ts';
import type { Column, Figures } from './row.ts';

/** The same in another order each round: what one leaves behind, and what drifts, favours nobody. */
export function rotate<T>(values: readonly T[], by: number): T[] {
  const first = values.length > 0 ? by % values.length : 0;
  return [...values.slice(first), ...values.slice(0, first)];
}

const join = { median, max: largest, sum } as const;

/** Makes one figure of every round's, column by column, as the column says. */
export function joinRounds(rounds: readonly Figures[], columns: readonly Column[]): Figures {
  return Object.fromEntries(
    columns.map(({ key, rounds: how }) => [key, join[how](rounds.map((figures) => figures[key] ?? Number.NaN))]),
  );
}
