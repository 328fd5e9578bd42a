import type { Mutant } from './mutant.ts';
import { leaseMutants } from './lease.ts';
import { scriptMutants } from './scripts.ts';
import { waitingMutants } from './node-vote.ts';

/**
 * Mistakes that the simulation must notice: what it cannot notice, it does not test (mutation testing: DeMillo, Lipton and
 * Sayward, Computer 11(4), 1978).
 */
export const mutants: readonly Mutant[] = [...scriptMutants, ...waitingMutants, ...leaseMutants];
