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

/** @returns a random seed for a new run. */
export function newSeed(): number {
  return Math.floor(Math.random() * 1_000_000);
}
