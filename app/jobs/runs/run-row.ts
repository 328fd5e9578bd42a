import { z } from 'zod';

const outcomeSchema = z
  .enum(['succeeded', 'failed', 'lost', 'killed'])
  .describe('`lost`: its lease was lost during the work; `killed`: its instance died or was stopped.');
export type Outcome = z.output<typeof outcomeSchema>;

/** A run as recorded in the database. */
export const recordedRunSchema = z.object({
  scheduledAt: z.date(),
  schedule: z.string(),
  byHand: z.boolean(),
  instance: z.string(),
  token: z.string().describe('The fencing token of its lock, in decimal.'),
  startedAt: z.date().describe('By the clock of the database.'),
  endedAt: z.date().nullable().describe('Null while it runs, and for a dead run that no other has found yet.'),
  outcome: outcomeSchema.nullable(),
  detail: z.string().nullable(),
});
export type RecordedRun = Readonly<z.output<typeof recordedRunSchema>>;

/** SQL for a time as ISO 8601 in UTC. The driver would read a time in the process's zone. */
export const utc = (column: string) => `DATE_FORMAT(${column}, '%Y-%m-%dT%H:%i:%s.%fZ')`;

/** Selects the {@link RunRow}s of one job. */
export const runSql = `SELECT ${utc('scheduled_at')} AS scheduledAt, schedule, by_hand AS byHand, instance,
    CAST(token AS CHAR) AS token, ${utc('started_at')} AS startedAt, ${utc('ended_at')} AS endedAt, outcome, detail
  FROM job_runs WHERE job = ?`;

export interface RunRow extends Omit<RecordedRun, 'scheduledAt' | 'byHand' | 'startedAt' | 'endedAt'> {
  readonly scheduledAt: string;
  readonly byHand: number;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** @returns a time in UTC for MySQL and MariaDB. The driver would write it in the process's zone. */
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
