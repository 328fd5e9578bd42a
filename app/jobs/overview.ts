import type { Runtime } from '../redis-lock/index.ts';
import type { RecordedRun } from './runs/run-row.ts';
import type { JobRuns, Skips } from './runs/runs.ts';
import type { Leader, LeaderInfo } from './scheduling/leader.ts';
import { findMissed, type MissedTicks } from './scheduling/missed.ts';
import type { ScheduledJob } from './scheduling/scheduler.ts';

/** One job, across all instances. */
interface JobOverview {
  readonly name: string;
  readonly schedule: string;
  readonly inWords: string;
  readonly timeZone: string;
  readonly onLeader: boolean;
  readonly ttlMs: number;
  readonly atLeastForMs: number;
  /** By the schedule; null if there is no further tick. */
  readonly nextRunAt: Date | null;
  /** Latest first. */
  readonly lastRuns: readonly RecordedRun[];
  /** Number of runs per instance, among the last 100. */
  readonly ranBy: readonly { readonly instance: string; readonly runs: number }[];
  /** Number of skipped ticks per instance. */
  readonly skips: readonly Omit<Skips, 'job'>[];
  readonly missed: MissedTicks;
}

export interface JobsOverview {
  /** The instance that answers. */
  readonly instance: string;
  /** By the clock of the instance that answers. */
  readonly now: Date;
  /** True if that instance runs jobs at their ticks. */
  readonly scheduling: boolean;
  /** Null if no leader is known. */
  readonly leader: LeaderInfo | null;
  readonly jobs: readonly JobOverview[];
}

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
