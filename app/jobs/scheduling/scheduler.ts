import type { Logger } from 'pino';
import type { DistributedLock, LockOptions, Runtime } from '../../redis-lock/index.ts';
import { messageOf } from '../../thrown.ts';
import type { Job } from '../job.ts';
import type { JobListener } from '../listener.ts';
import { type AskedRun, JobRunner } from '../runs/job-runner.ts';
import type { JobRuns } from '../runs/runs.ts';
import type { Leader } from './leader.ts';
import { readSchedule, type Schedule } from './schedule.ts';

/** A job with its schedule read. */
export interface ScheduledJob {
  readonly job: Job;
  readonly schedule: Schedule;
  /** How long after its time a tick may still be begun. */
  readonly startWithinMs: number;
}

/** Runs jobs at their ticks, each on one instance at a time, as long as every instance has one of these. */
export interface Scheduler {
  readonly jobs: readonly ScheduledJob[];
  start(): void;
  /** Runs a job at once, if nobody else runs it. @returns undefined when there is no job of that name. */
  runNow(name: string): Promise<AskedRun | undefined>;
  /**
   * Begins nothing more, breaks off what is under way, and resolves when that is recorded and its locks released. A job
   * that does not heed its signal is given up after the grace.
   */
  stop(): Promise<void>;
}

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly leader: Leader;
  /** How long a leader that has died is still taken for it. */
  readonly leaderTtlMs: number;
  readonly runs: JobRuns;
  /** Makes the lock of one job. */
  readonly makeLock: (options: LockOptions) => DistributedLock;
  /** Its wall clock is what this instance takes the time to be: it may be ahead of others, or behind. */
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener?: JobListener;
  /** How long a job may take to heed its signal, in milliseconds. */
  readonly graceMs: number;
}

/**
 * How much longer than the lock of an instance that has died a tick may wait for its beginning: for a Redis or a MySQL
 * that is being restarted.
 */
const patienceMs = 5000;

/** @throws {RangeError} for a job that cannot be scheduled, naming it. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { jobs, leader, leaderTtlMs, runs, makeLock, runtime, log, listener = {}, graceMs } = options;
  if (new Set(jobs.map(({ name }) => name)).size < jobs.length) throw new RangeError('two jobs have the same name');
  const scheduled = jobs.map((job) => {
    const startWithinMs = job.ttlMs + (job.onLeader ? leaderTtlMs : 0) + patienceMs;
    return { job, schedule: scheduleOf(job), startWithinMs };
  });
  const locks: DistributedLock[] = [];
  const runners = scheduled.map(({ job, schedule, startWithinMs }) => {
    const lock = makeLock({ ttlMs: job.ttlMs, autoExtend: true });
    locks.push(lock);
    const jobLog = log.child({ job: job.name });
    return new JobRunner({ job, schedule, startWithinMs, lock, leader, runs, runtime, log: jobLog, listener, graceMs });
  });

  return {
    jobs: scheduled,
    start() {
      for (const runner of runners) runner.start();
    },
    async runNow(name) {
      return runners[jobs.findIndex((job) => job.name === name)]?.runNow();
    },
    async stop() {
      await Promise.all(runners.map((runner) => runner.stop()));
      await Promise.all(locks.map((lock) => lock.close()));
    },
  };
}

function scheduleOf({ name, schedule, timeZone }: Job): Schedule {
  // As the table, the lock's key and the path of a run by hand take it.
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw new RangeError(`a job's name must be a-z, 0-9 and "-"; it is "${name}"`);
  try {
    return readSchedule(schedule, timeZone);
  } catch (error) {
    throw new RangeError(`the schedule of the job ${name} ${messageOf(error)}`, { cause: error });
  }
}
