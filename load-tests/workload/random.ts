import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** @returns a whole number from 0 to below `bound`. */
export type Random = (bound: number) => number;

/** The same numbers again for the same seed and stream; streams of one seed have nothing in common. */
export function seeded(seed: number, stream = 0): Random {
  const generator = xoroshiro128plus(seed);
  for (let skipped = 0; skipped < stream; skipped++) generator.jump();
  return (bound) => uniformInt(generator, 0, bound - 1);
}
