import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of pseudo-random numbers, the same for the same seeds. */
export interface RandomStream {
  /** @returns a whole number from 0 to below `bound`. */
  int(bound: number): number;
  /** @returns a number from 0 to below 1. */
  float(): number;
}

/**
 * @param seeds a stream of its own for each combination: what one part of a world draws does not change another part.
 */
export function randomStream(...seeds: readonly number[]): RandomStream {
  // A multiplicative hash (Knuth, TAOCP vol. 3, 6.4) keeps streams with neighbouring seeds apart.
  const generator = xoroshiro128plus(
    seeds.reduce((hash, seed) => Math.imul(hash ^ seed, 0x9e3779b1) ^ (hash >>> 15), 7),
  );
  const int = (bound: number): number => uniformInt(generator, 0, bound - 1);
  return { int, float: () => int(2 ** 24) / 2 ** 24 };
}
