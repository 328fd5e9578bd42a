import type { Claim, Figures } from './row.ts';

/** Whose claims are judged. */
export const own = 'app/redis-lock';

/** @returns the claim that `value` is at most `limit`. */
export function atMost(limit: number, value: number, text: string): Claim {
  return { text, value, holds: value <= limit };
}

/** @returns the claim that `value` is at least `limit`. */
export function atLeast(limit: number, value: number, text: string): Claim {
  return { text, value, holds: value >= limit };
}

/** A library, by its name and what was measured of it. */
export interface Measured {
  readonly name: string;
  readonly figures: Figures;
}

/** @returns the one of `names` whose `key` is the lowest or the highest; undefined where none was measured. */
export function best(
  names: readonly string[],
  of: (name: string) => Figures | undefined,
  key: string,
  which: 'lowest' | 'highest',
): Measured | undefined {
  const sign = which === 'lowest' ? 1 : -1;
  return names
    .flatMap((name) => {
      const figures = of(name);
      return figures && Number.isFinite(figures[key]) ? [{ name, figures }] : [];
    })
    .sort((a, b) => sign * ((a.figures[key] ?? 0) - (b.figures[key] ?? 0)))[0];
}

/** @returns the number, or NaN where it was not measured: no claim holds of that. */
export const figure = (figures: Figures, key: string): number => figures[key] ?? Number.NaN;
