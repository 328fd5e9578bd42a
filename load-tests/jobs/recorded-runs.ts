import { openDatabase } from '../../app/database/open.ts';
import { createStatements } from '../../app/database/statements.ts';
import { createJobRuns, type JobRuns } from '../../app/jobs/runs/runs.ts';

/** The recorded runs, read by a client that is not an instance. */
export interface RecordedRuns extends Pick<JobRuns, 'latest'>, AsyncDisposable {}

const timeoutMs = 5000;

/** Reads from the instances' database over its own connections. */
export function openRecordedRuns(mysqlUrl: string): RecordedRuns {
  const db = openDatabase({ url: mysqlUrl, poolMax: 2, timeoutMs, say: () => {} });
  const { latest } = createJobRuns(createStatements(db, timeoutMs), 'reader');
  return { latest, [Symbol.asyncDispose]: () => db.destroy() };
}
