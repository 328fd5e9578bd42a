import type { Mutant } from './mutant.ts';
import { leaseMutants } from './mutants-of-leases.ts';
import { scriptMutants } from './mutants-of-scripts.ts';
import { waitingMutants } from './mutants-of-waiting.ts';

/**
 * Mistakes that the simulation must notice: what it cannot notice, it does not test (mutation testing: DeMillo, Lipton and
 * Sayward, Computer 11(4), 1978).
 */
export const mutants: readonly Mutant[] = [...scriptMutants, ...waitingMutants, ...leaseMutants];
