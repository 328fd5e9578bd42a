import { drive, type LoadOptions } from './load.ts';
import { createTally, type LoadResult } from './tally.ts';

/** Loads a stack for a while, as one of many turns. @returns what this turn came to. */
export async function loadSlice(load: LoadOptions): Promise<LoadResult> {
  const tally = createTally();
  await drive(load, tally);
  return tally.result();
}
