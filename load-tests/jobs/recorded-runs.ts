import { openDatabase } from '../../app/database/open.ts';
import { createStatements } from '../../app/database/statements.ts';
import { createJobRuns, type JobRuns } from '../../app/jobs/runs/runs.ts';

/** What the instances have on record, as somebody reads it who is none of them. */
export interface RecordedRuns extends Pick<JobRuns, 'latest'>, AsyncDisposable {}

const timeoutMs = 5000;

/** Reads from the instances' database, over connections of its own. */
export function openRecordedRuns(mysqlUrl: string): RecordedRuns {
  const db = openDatabase({ url: mysqlUrl, poolMax: 2, timeoutMs, say: () => {} });
  const { latest } = createJobRuns(createStatements(db, timeoutMs), 'nobody');
  return { latest, [Symbol.asyncDispose]: () => db.destroy() };
}
