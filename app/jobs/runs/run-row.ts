/** `lost`: its lease was, under way; `killed`: it died with its instance, or was stopped with it. */
export type Outcome = 'succeeded' | 'failed' | 'lost' | 'killed';

/** A run as it is recorded. */
export interface RecordedRun {
  readonly scheduledAt: Date;
  readonly schedule: string;
  readonly byHand: boolean;
  readonly instance: string;
  readonly token: string;
  /** By the database's clock. */
  readonly startedAt: Date;
  /** Null while it is under way, or when it has died and nobody has found it yet. */
  readonly endedAt: Date | null;
  readonly outcome: Outcome | null;
  readonly detail: string | null;
}

/** In SQL, a moment as JavaScript reads it; the driver would take it to be in this process's own zone. */
export const utc = (column: string) => `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%fZ')`;

/** What a {@link RunRow} is selected by, for one job. */
export const runSql = `SELECT ${utc('scheduled_at')} AS scheduledAt, schedule, by_hand AS byHand, instance,
    CAST(token AS CHAR) AS token, ${utc('started_at')} AS startedAt, ${utc('ended_at')} AS endedAt, outcome, detail
  FROM job_runs WHERE job = ?`;

export interface RunRow extends Omit<RecordedRun, 'scheduledAt' | 'byHand' | 'startedAt' | 'endedAt'> {
  readonly scheduledAt: string;
  readonly byHand: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** As MySQL and MariaDB take a moment in UTC; the driver would write it in this process's own zone. */
export function dateTime(moment: Date): string {
  return moment.toISOString().slice(0, 23).replace('T', ' ');
}

export function toRun({ scheduledAt, byHand, startedAt, endedAt, ...row }: RunRow): RecordedRun {
  return {
    ...row,
    scheduledAt: new Date(scheduledAt),
    byHand: byHand === 1,
    startedAt: new Date(startedAt),
    endedAt: endedAt === null ? null : new Date(endedAt),
  };
}
