import { z } from 'zod';
import type { Runtime } from '../redis-lock/index.ts';
import { type RecordedRun, recordedRunSchema } from './runs/run-row.ts';
import { type JobRuns, skipsSchema } from './runs/runs.ts';
import { type Leader, leaderInfoSchema } from './scheduling/leader.ts';
import { findMissed, missedTicksSchema } from './scheduling/missed.ts';
import type { ScheduledJob } from './scheduling/scheduler.ts';

/** One job, across all instances. */
const jobOverviewSchema = z.object({
  name: z.string(),
  schedule: z.string(),
  inWords: z.string(),
  timeZone: z.string(),
  onLeader: z.boolean(),
  ttlMs: z.int(),
  atLeastForMs: z.int(),
  nextRunAt: z.date().nullable().describe('By the schedule; null if there is no further tick.'),
  lastRuns: z.array(recordedRunSchema).describe('Latest first.'),
  ranBy: z
    .array(z.object({ instance: z.string(), runs: z.int().min(0) }))
    .describe('Number of runs per instance, among the last 100.'),
  skips: z
    .array(skipsSchema.omit({ job: true }))
    .describe('Number of skipped ticks, of the instances that skipped last.'),
  missed: missedTicksSchema,
});
type JobOverview = z.output<typeof jobOverviewSchema>;

export const jobsOverviewSchema = z.object({
  instance: z.string().describe('The instance that answers.'),
  now: z.date().describe('By the clock of the instance that answers.'),
  scheduling: z.boolean().describe('True if that instance runs jobs at their ticks.'),
  leader: leaderInfoSchema.nullable().describe('Null if no leader is known.'),
  jobs: z.array(jobOverviewSchema),
});
export type JobsOverview = z.output<typeof jobsOverviewSchema>;

/** The answer of `POST /jobs/:name/run`. */
export const manualRunSchema = <S extends string>(status: S) =>
  z.object({
    status: z.literal(status),
    run: recordedRunSchema.optional().describe('Absent if the database did not answer since the run has begun.'),
  });
export type ManualRunAnswer = z.output<ReturnType<typeof manualRunSchema<'ran' | 'running'>>>;

export interface OverviewDeps {
  readonly instance: string;
  readonly scheduling: boolean;
  readonly jobs: readonly ScheduledJob[];
  readonly runs: JobRuns;
  readonly leader: Leader;
  readonly runtime: Runtime;
}

const runsRead = 100;
const runsShown = 10;

/** @throws if the database does not answer. */
export async function readOverview(deps: OverviewDeps): Promise<JobsOverview> {
  const { instance, scheduling, jobs, runs, leader, runtime } = deps;
  const now = new Date(runtime.wallClock());
  const [skips, leads, ...latest] = await Promise.all([
    runs.skips(),
    leader.current(),
    ...jobs.map(({ job }) => runs.latest(job.name, runsRead)),
  ]);
  const overviews = jobs.map((scheduled, index) => {
    const { name } = scheduled.job;
    const ofJob = skips.filter(({ job }) => job === name).map(({ job: _job, ...rest }) => rest);
    return overviewOf(scheduled, latest[index] ?? [], ofJob, now);
  });
  return { instance, now, scheduling, leader: leads ?? null, jobs: overviews };
}

function overviewOf(
  { job, schedule, startWithinMs }: ScheduledJob,
  runs: readonly RecordedRun[],
  skips: JobOverview['skips'],
  now: Date,
): JobOverview {
  const { name, schedule: expression, timeZone, onLeader = false, ttlMs, atLeastForMs } = job;
  const counts = new Map<string, number>();
  for (const { instance } of runs) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  const ranBy = [...counts].map(([instance, runs]) => ({ instance, runs })).sort((a, b) => b.runs - a.runs);
  return {
    ...{ name, schedule: expression, inWords: schedule.inWords, timeZone, onLeader, ttlMs, atLeastForMs },
    nextRunAt: schedule.next(now) ?? null,
    lastRuns: runs.slice(0, runsShown),
    ranBy,
    skips,
    missed: findMissed({ schedule, runs, until: new Date(now.getTime() - startWithinMs) }),
  };
}
