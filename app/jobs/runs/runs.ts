import { z } from 'zod';
import { isDuplicateKey } from '../../database/errors.ts';
import { retryDeadlocks, type Statements } from '../../database/statements.ts';
import { longestDetail } from './detail.ts';
import { dateTime, type Outcome, type RecordedRun, type RunRow, runSql, toRun, utc } from './run-row.ts';

/** The record of a run at its beginning. */
export interface NewRun {
  readonly job: string;
  readonly scheduledAt: Date;
  readonly token: bigint;
  /** The schedule of the tick; see {@link Schedule.text}. */
  readonly schedule: string;
  /** True for a manual run, which belongs to no tick. */
  readonly byHand: boolean;
}

/** The result of recording a run's beginning. The run may begin only if `claimed`. */
type Claim =
  | { outcome: 'claimed' }
  /** The tick already has a run. */
  | { outcome: 'taken' }
  /** A later token is recorded: the lock was lost long ago, or Redis lost its counter. */
  | { outcome: 'stale-token'; seen: bigint };

export interface RunEnd {
  readonly outcome: Outcome;
  readonly detail: string;
  /** Duration of the work. */
  readonly workedMs: number;
}

/** How many ticks an instance skipped. */
export const skipsSchema = z.object({
  job: z.string(),
  instance: z.string(),
  skips: z.int().min(0),
  lastSkippedAt: z.date(),
});
type Skips = z.output<typeof skipsSchema>;

/** The record of the jobs' runs, in MySQL. Every method throws if the database does not answer. */
export interface JobRuns {
  /** Records a run's beginning, before it begins. */
  claim(run: NewRun): Promise<Claim>;
  /** Marks unfinished runs with earlier tokens as killed. @returns how many. */
  markDead(job: string, token: bigint): Promise<number>;
  /** @returns `superseded` if a later run has begun or has marked this one; the record is then left as it is. */
  finish(run: NewRun, end: RunEnd): Promise<'recorded' | 'superseded'>;
  /** @returns when the last run before `tick` would have ended had it begun on time; undefined if there is none. */
  coveredUntil(job: string, tick: Date): Promise<Date | undefined>;
  find(job: string, scheduledAt: Date): Promise<RecordedRun | undefined>;
  /** @returns the last runs, latest first. */
  latest(job: string, count: number): Promise<RecordedRun[]>;
  countSkip(job: string): Promise<void>;
  /** @returns the skips of the instances that skipped last, within the last week. */
  skips(): Promise<Skips[]>;
}

// The claim is fenced: the statement that inserts it also checks for a later token. An instance paused between its grant
// and this statement cannot begin what its successor may already have done.
const claimSql = `INSERT INTO job_runs (job, scheduled_at, schedule, by_hand, instance, token, started_at)
  SELECT ?, ?, ?, ?, ?, CAST(? AS UNSIGNED), UTC_TIMESTAMP(3) FROM DUAL
  WHERE NOT EXISTS (SELECT 1 FROM job_runs WHERE job = ? AND token > CAST(? AS UNSIGNED))`;
const lastTokenSql = 'SELECT CAST(MAX(token) AS CHAR) AS token FROM job_runs WHERE job = ?';

const markDeadSql = `UPDATE job_runs SET outcome = 'killed', ended_at = UTC_TIMESTAMP(3), detail = ?
  WHERE job = ? AND outcome IS NULL AND token < CAST(? AS UNSIGNED)`;

// The end is fenced as well: a zombie finds a later token, or its successor's mark. The recorded end is that of the work,
// not of the statement, which may be delayed while the database is down.
const finishSql = `UPDATE job_runs run
  LEFT JOIN (SELECT MAX(token) AS token FROM job_runs WHERE job = ?) last ON last.token > run.token
  SET run.outcome = ?, run.detail = ?, run.ended_at = TIMESTAMPADD(MICROSECOND, ?, run.started_at)
  WHERE run.job = ? AND run.scheduled_at = ? AND run.token = CAST(? AS UNSIGNED)
    AND run.outcome IS NULL AND last.token IS NULL`;

const coveredSql = `SELECT ${utc('TIMESTAMPADD(MICROSECOND, TIMESTAMPDIFF(MICROSECOND, started_at, ended_at), scheduled_at)')} AS coveredUntil
  FROM job_runs WHERE job = ? AND scheduled_at < ? AND outcome IN ('succeeded', 'failed')
  ORDER BY scheduled_at DESC LIMIT 1`;

const countSkipSql = `INSERT INTO job_skips (job, instance, skips, last_skipped_at) VALUES (?, ?, 1, UTC_TIMESTAMP(3))
  ON DUPLICATE KEY UPDATE skips = skips + 1, last_skipped_at = UTC_TIMESTAMP(3)`;
/** How many days an instance's skips are shown after the last one. */
export const skipsShownDays = 7;
/** How many rows are shown: each start of an instance may have a new name. */
const mostSkips = 200;
const skipsSql = `SELECT job, instance, skips, ${utc('last_skipped_at')} AS lastSkippedAt FROM
  (SELECT * FROM job_skips WHERE last_skipped_at > UTC_TIMESTAMP(3) - INTERVAL ${skipsShownDays} DAY
    ORDER BY last_skipped_at DESC LIMIT ${mostSkips}) latest ORDER BY job, instance`;

export function createJobRuns(statements: Statements, instance: string): JobRuns {
  const { select } = statements;
  // These statements lock the rows that they read, as do those of other instances.
  const change: Statements['change'] = (sql, values) => retryDeadlocks(() => statements.change(sql, values));
  return {
    async claim({ job, scheduledAt, schedule, byHand, token }) {
      const values = [
        job,
        dateTime(scheduledAt),
        schedule,
        byHand ? 1 : 0,
        instance,
        String(token),
        job,
        String(token),
      ];
      try {
        const { affectedRows } = await change(claimSql, values);
        if (affectedRows === 1) return { outcome: 'claimed' };
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const run = await find(job, scheduledAt); // an earlier try may have recorded it and lost the answer
        return { outcome: run?.token === String(token) && run.outcome === null ? 'claimed' : 'taken' };
      }
      const [last] = await select<{ token: string }>(lastTokenSql, [job]);
      return { outcome: 'stale-token', seen: BigInt(last?.token ?? 0) };
    },
    async markDead(job, token) {
      const detail = `not ended when ${instance} acquired the lock (token ${token}): its instance died or lost its lease`;
      return (await change(markDeadSql, [detail, job, String(token)])).affectedRows;
    },
    async finish({ job, scheduledAt, token }, { outcome, detail, workedMs }) {
      const values = [outcome, detail.slice(0, longestDetail), Math.round(workedMs * 1000)];
      const key = [job, dateTime(scheduledAt), String(token)];
      const { affectedRows } = await change(finishSql, [job, ...values, ...key]);
      if (affectedRows === 1) return 'recorded';
      const run = await find(job, scheduledAt); // an earlier try may have recorded it and lost the answer
      return run?.token === String(token) && run.outcome === outcome ? 'recorded' : 'superseded';
    },
    async coveredUntil(job, tick) {
      const [row] = await select<{ coveredUntil: string }>(coveredSql, [job, dateTime(tick)]);
      return row && new Date(row.coveredUntil);
    },
    find,
    async latest(job, count) {
      const rows = await select<RunRow>(`${runSql} ORDER BY scheduled_at DESC LIMIT ${Math.trunc(count)}`, [job]);
      return rows.map(toRun);
    },
    async countSkip(job) {
      await change(countSkipSql, [job, instance]);
    },
    async skips() {
      const rows = await select<Omit<Skips, 'lastSkippedAt'> & { lastSkippedAt: string }>(skipsSql);
      return rows.map((row) => ({ ...row, lastSkippedAt: new Date(row.lastSkippedAt) }));
    },
  };

  async function find(job: string, scheduledAt: Date): Promise<RecordedRun | undefined> {
    const [row] = await select<RunRow>(`${runSql} AND scheduled_at = ?`, [job, dateTime(scheduledAt)]);
    return row && toRun(row);
  }
}
