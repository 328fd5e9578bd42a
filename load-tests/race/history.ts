import type { LoadUser } from '../client/load.ts';
import type { Recorder } from '../client/recorder.ts';
import { checkEachUser, type UserViolation } from '../verify/each-user.ts';

/** Counts of the clients' history. Its calls are separate from the load counted in `requests`. */
export interface HistoryReport {
  readonly users: number;
  /** Pays and cancels, and the final reads of the flags. */
  readonly calls: number;
  /** Calls with unknown outcome. */
  readonly unknown: number;
  /** Users whose history is not linearizable. */
  readonly notLinearizable: number;
  /** Users whose answers are explained only if calls of unknown outcome took effect. */
  readonly onlyByUnknown: number;
  /** Why no history was recorded; `linearizable` is null then. */
  readonly whyNone?: string;
}

export const noHistory: HistoryReport = { users: 0, calls: 0, unknown: 0, notLinearizable: 0, onlyByUnknown: 0 };

/** The result of checking the recorded histories. */
export interface HistoryResult {
  readonly history: HistoryReport;
  /** Null when nothing was recorded. */
  readonly linearizable: boolean | null;
  readonly example?: UserViolation;
}

/**
 * Completes each recorded history by a read of the user's flag, and checks it. Call it when no request is in flight.
 *
 * @throws when a flag cannot be read: the histories would be incomplete.
 */
export async function checkHistories(recorder: Recorder, users: readonly LoadUser[]): Promise<HistoryResult> {
  const called = users.filter(({ id }) => recorder.histories.has(id));
  for (const user of called) {
    const flag = await recorder.call(user, 'read');
    if (flag !== 'free' && flag !== 'paid') throw new Error(`the flag of user ${user.id} could not be read: ${flag}`);
  }
  const { notLinearizable, onlyByUnknown, example } = checkEachUser(recorder.histories);
  const operations = [...recorder.histories.values()].flat();
  const unknown = operations.filter(({ answer }) => answer === 'unknown').length;
  return {
    history: { users: called.length, calls: operations.length, unknown, notLinearizable, onlyByUnknown },
    linearizable: called.length === 0 ? null : notLinearizable === 0,
    ...(example && { example }),
  };
}

export function addHistories(a: HistoryReport, b: HistoryReport): HistoryReport {
  return {
    users: a.users + b.users,
    calls: a.calls + b.calls,
    unknown: a.unknown + b.unknown,
    notLinearizable: a.notLinearizable + b.notLinearizable,
    onlyByUnknown: a.onlyByUnknown + b.onlyByUnknown,
  };
}
