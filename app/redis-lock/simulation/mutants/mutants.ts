import { acquireAttemptMutants } from './acquire-attempt.ts';
import { holdMutants } from './hold.ts';
import { leaseMutants } from './lease.ts';
import { localQueueMutants } from './local-queue.ts';
import { lockMutants } from './lock.ts';
import type { Mutant } from './mutant.ts';
import { nodeMutants } from './node.ts';
import { nodeVoteMutants } from './node-vote.ts';
import { scriptMutants } from './scripts.ts';

/**
 * Mistakes that the simulation must notice: what it cannot notice, it does not test (mutation testing: DeMillo, Lipton and
 * Sayward, Computer 11(4), 1978).
 */
export const mutants: readonly Mutant[] = [
  ...scriptMutants,
  ...nodeVoteMutants,
  ...acquireAttemptMutants,
  ...localQueueMutants,
  ...nodeMutants,
  ...leaseMutants,
  ...holdMutants,
  ...lockMutants,
];
