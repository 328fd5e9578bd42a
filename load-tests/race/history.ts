import type { LoadUser } from '../client/load.ts';
import type { Recorder } from '../client/recorder.ts';
import { checkEachUser, type UserViolation } from '../verify/each-user.ts';

/** What the clients' history is made of, beside and apart from the load that is counted in `requests`. */
export interface HistoryReport {
  readonly users: number;
  /** Pays and cancels, and the reads of the flags at the end. */
  readonly calls: number;
  /** Of these, how many have an unknown outcome. */
  readonly unknown: number;
  /** How many users got answers that no order of their calls explains. */
  readonly notLinearizable: number;
  /** Why there is no history, where there is none and `linearizable` is null. */
  readonly whyNone?: string;
}

export const noHistory: HistoryReport = { users: 0, calls: 0, unknown: 0, notLinearizable: 0 };

export interface Testimony {
  readonly history: HistoryReport;
  /** Null where nothing was recorded. */
  readonly linearizable: boolean | null;
  readonly example?: UserViolation;
}

/**
 * Completes what was recorded by what each user's flag says when all is quiet, and checks it.
 *
 * @throws when a flag cannot be read: then nobody knows what the calls came to.
 */
export async function testify(recorder: Recorder, users: readonly LoadUser[]): Promise<Testimony> {
  const called = users.filter(({ id }) => recorder.histories.has(id));
  for (const user of called) {
    const flag = await recorder.call(user, 'read');
    if (flag !== 'free' && flag !== 'paid') throw new Error(`the flag of user ${user.id} could not be read: ${flag}`);
  }
  const { notLinearizable, example } = checkEachUser(recorder.histories);
  const operations = [...recorder.histories.values()].flat();
  const unknown = operations.filter(({ answer }) => answer === 'unknown').length;
  return {
    history: { users: called.length, calls: operations.length, unknown, notLinearizable },
    linearizable: called.length === 0 ? null : notLinearizable === 0,
    ...(example && { example }),
  };
}

/** @returns what two rounds come to together. */
export function addHistories(a: HistoryReport, b: HistoryReport): HistoryReport {
  return {
    users: a.users + b.users,
    calls: a.calls + b.calls,
    unknown: a.unknown + b.unknown,
    notLinearizable: a.notLinearizable + b.notLinearizable,
  };
}
