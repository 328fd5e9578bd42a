import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** @returns a whole number from 0 to below `bound`. */
export type Random = (bound: number) => number;

/** The same numbers for the same seed and stream; the streams of a seed are independent. */
export function seeded(seed: number, stream = 0): Random {
  const generator = xoroshiro128plus(seed);
  for (let skipped = 0; skipped < stream; skipped++) generator.jump();
  return (bound) => uniformInt(generator, 0, bound - 1);
}

/** @returns the items in random order, each order equally likely (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let left = result.length; left > 1; left--) {
    const [taken] = result.splice(random(left), 1);
    if (taken !== undefined) result.push(taken);
  }
  return result;
}

/** @returns a random seed for a new run, so that two pages in one lab rarely choose the same users. */
export function newSeed(): number {
  return Math.floor(Math.random() * 1_000_000);
}
