import { isDeadlock, isDuplicateKey } from '../../database/errors.ts';
import type { Statements } from '../../database/statements.ts';
import { longestDetail } from './detail.ts';
import { dateTime, type Outcome, type RecordedRun, type RunRow, runSql, toRun, utc } from './run-row.ts';

/** What a run is to be recorded as at its beginning. */
export interface NewRun {
  readonly job: string;
  readonly scheduledAt: Date;
  readonly token: bigint;
  /** By which the tick was told; see {@link Schedule.text}. */
  readonly schedule: string;
  /** At somebody's request, and not at a tick. */
  readonly byHand: boolean;
}

/** What comes of the attempt to record a run's beginning. Only `claimed` may begin. */
type Claim =
  | { outcome: 'claimed' }
  /** The tick has a run. */
  | { outcome: 'taken' }
  /** A later token has been here: whoever has this one lost the lock long ago, or Redis lost its count. */
  | { outcome: 'outrun'; seen: bigint };

export interface RunEnd {
  readonly outcome: Outcome;
  readonly detail: string;
  /** How long the work took. */
  readonly workedMs: number;
}

/** How often each instance left a tick to another. */
export interface Skips {
  readonly job: string;
  readonly instance: string;
  readonly skips: number;
  readonly lastSkippedAt: Date;
}

/** What is known of the jobs' runs, in MySQL. Each call throws when the database does not answer. */
export interface JobRuns {
  /** Records the run's beginning, before it begins. */
  claim(run: NewRun): Promise<Claim>;
  /** Marks as killed what was begun under an earlier token and has not ended. @returns how many. */
  markDead(job: string, token: bigint): Promise<number>;
  /** @returns `superseded` when a later run has begun, or has marked this one: its record stays as it is then. */
  finish(run: NewRun, end: RunEnd): Promise<'recorded' | 'superseded'>;
  /** @returns until when the last run before `tick` would have gone on, had it begun at its time; undefined for none. */
  coveredUntil(job: string, tick: Date): Promise<Date | undefined>;
  find(job: string, scheduledAt: Date): Promise<RecordedRun | undefined>;
  /** @returns the last of them, the latest first. */
  latest(job: string, count: number): Promise<RecordedRun[]>;
  countSkip(job: string): Promise<void>;
  /** @returns those of instances that were heard of within the last week. */
  skips(): Promise<Skips[]>;
}

// A claim is fenced: it is made by the statement that looks for a later token, so that an instance that was paused between
// its grant and this line cannot begin what its successor may have done already.
const claimSql = `INSERT INTO job_runs (job, scheduled_at, schedule, by_hand, instance, token, started_at)
  SELECT ?, ?, ?, ?, ?, CAST(? AS UNSIGNED), UTC_TIMESTAMP(3) FROM DUAL
  WHERE NOT EXISTS (SELECT 1 FROM job_runs WHERE job = ? AND token > CAST(? AS UNSIGNED))`;
const lastTokenSql = 'SELECT CAST(MAX(token) AS CHAR) AS token FROM job_runs WHERE job = ?';

const markDeadSql = `UPDATE job_runs SET outcome = 'killed', ended_at = UTC_TIMESTAMP(3), detail = ?
  WHERE job = ? AND outcome IS NULL AND token < CAST(? AS UNSIGNED)`;

// So is the end: a zombie finds a later token, or the mark of whoever came after it. It ended when the work did, not when
// the database could be told.
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
/** For how many days after its last one an instance's skips are told. */
export const skipsShownDays = 7;
const skipsSql = `SELECT job, instance, skips, ${utc('last_skipped_at')} AS lastSkippedAt
  FROM job_skips WHERE last_skipped_at > UTC_TIMESTAMP(3) - INTERVAL ${skipsShownDays} DAY ORDER BY job, instance`;

/** How often a statement is sent that the server takes back to end a deadlock. */
const mostTries = 10;

export function createJobRuns(statements: Statements, instance: string): JobRuns {
  const { select } = statements;
  /** Each of them locks what it looks at, too, and may so get into a deadlock with those of other instances. */
  const change: Statements['change'] = async (sql, values) => {
    for (let triesLeft = mostTries; ; triesLeft--) {
      try {
        return await statements.change(sql, values);
      } catch (error) {
        if (!isDeadlock(error) || triesLeft === 1) throw error;
      }
    }
  };
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
        return { outcome: 'taken' };
      }
      const [last] = await select<{ token: string }>(lastTokenSql, [job]);
      return { outcome: 'outrun', seen: BigInt(last?.token ?? 0) };
    },
    async markDead(job, token) {
      const detail = `not ended when ${instance} got the lock (token ${token}): its instance had died, or lost its lease`;
      return (await change(markDeadSql, [detail, job, String(token)])).affectedRows;
    },
    async finish({ job, scheduledAt, token }, { outcome, detail, workedMs }) {
      const values = [outcome, detail.slice(0, longestDetail), Math.round(workedMs * 1000)];
      const key = [job, dateTime(scheduledAt), String(token)];
      const { affectedRows } = await change(finishSql, [job, ...values, ...key]);
      if (affectedRows === 1) return 'recorded';
      const run = await find(job, scheduledAt); // it may have been recorded by an attempt whose answer was lost
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
