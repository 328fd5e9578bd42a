import type { RunReport } from '../report/run-report.ts';
import { auditSchema, type WrongedUser } from '../verify/audit.ts';
import { expectedVerdict } from '../verify/expectation.ts';
import { addWitnesses, noWitnesses, verdictOf, witnessesOf } from '../verify/verdict.ts';
import { callLab, resetUsers, untilQuiet } from './lab-client.ts';
import { drive } from './load.ts';
import { createTally } from './tally.ts';

export interface RaceOptions {
  readonly url: string;
  /** The mode that the stack is in. */
  readonly mode: string;
  readonly users: number;
  readonly connections: number;
  /** How long the load lasts, all rounds together. */
  readonly seconds: number;
  readonly seed: number;
  /** Called after each round. */
  readonly onProgress?: (progress: { seconds: number; requests: number }) => void;
}

/**
 * How long a round is. What goes wrong for a user is overwritten by whatever that user does next, and mostly put right
 * by it; a round ends, everything comes to rest, and what is wrong then is counted before anybody can hide it.
 */
const roundSeconds = 0.5;
/** A request may wait for its lock, then for the processor; and then the machine may be busy. */
const quietWithinMs = 30_000;

/**
 * The race in rounds, each with fresh users: the load, quiet, the audit. What the witnesses count is added up.
 *
 * @returns the report, and the users who were wronged, those with access without paying first.
 * @throws when the stack does not answer, or does not come to rest.
 */
export async function race(options: RaceOptions): Promise<{ report: RunReport; wronged: WrongedUser[] }> {
  const { mode, url, users: count, connections, seconds, seed, onProgress = () => {} } = options;
  const rounds = Math.max(1, Math.round(seconds / roundSeconds));
  const tally = createTally();
  const wronged: WrongedUser[] = [];
  let witnesses = noWitnesses;

  for (let round = 0; round < rounds; round++) {
    const users = (await resetUsers(url, count)).map(({ id }, index) => ({ id, amount: 1000 + index }));
    await drive({ url, users, connections, seconds: seconds / rounds, seed: seed * 1_000_003 + round }, tally);
    await untilQuiet({ url, instances: tally.instances, withinMs: quietWithinMs });
    const audit = await callLab(url, '/lab/audit', auditSchema);
    witnesses = addWitnesses(witnesses, witnessesOf(audit));
    wronged.push(...audit.wronged);
    onProgress({ seconds: ((round + 1) * seconds) / rounds, requests: tally.requests });
  }

  const result = tally.result();
  const instances = tally.instances.size;
  return {
    report: {
      mode,
      ...result,
      instances,
      witnesses,
      verdict: verdictOf(witnesses, result),
      expected: expectedVerdict(mode, instances),
    },
    wronged: wronged.sort((a, b) => rank(a) - rank(b)),
  };
}

const rank = ({ wrong }: WrongedUser) => ['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess'].indexOf(wrong);
