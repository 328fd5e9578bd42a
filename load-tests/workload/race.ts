import type { RunReport } from '../report/run-report.ts';
import { auditSchema, type WrongedUser } from '../verify/audit.ts';
import { expectedVerdict } from '../verify/expectation.ts';
import { verdictOf, witnessesOf } from '../verify/verdict.ts';
import { callLab, resetUsers, untilQuiet } from './lab-client.ts';
import { drive, type LoadOptions } from './load.ts';

export interface RaceOptions extends Omit<LoadOptions, 'users'> {
  /** The mode that the stack at `url` is in. */
  readonly mode: string;
  readonly users: number;
}

/** A request may wait for its lock, then for the processor; and then the machine may be busy. */
const quietWithinMs = 30_000;

/**
 * One run of the race: fresh users, the load, quiet, the verdict.
 *
 * @throws when the stack does not answer, or does not come to rest.
 */
export async function race({
  mode,
  users: count,
  ...load
}: RaceOptions): Promise<{ report: RunReport; wronged: WrongedUser[] }> {
  const { url } = load;
  const fresh = await resetUsers(url, count);
  const users = fresh.map(({ id }, index) => ({ id, amount: 1000 + index }));
  const { instances, ...driven } = await drive({ ...load, users });
  await untilQuiet({ url, instances, withinMs: quietWithinMs });
  const audit = await callLab(url, '/lab/audit', auditSchema);
  const witnesses = witnessesOf(audit);
  return {
    report: {
      mode,
      ...driven,
      instances: instances.size,
      witnesses,
      verdict: verdictOf(witnesses, driven.overlapping),
      expected: expectedVerdict(mode, instances.size),
    },
    wronged: audit.wronged,
  };
}
