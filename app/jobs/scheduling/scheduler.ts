import type { Logger } from 'pino';
import type { DistributedLock, LockOptions, Runtime } from '../../redis-lock/index.ts';
import { messageOf } from '../../thrown.ts';
import type { Job } from '../job.ts';
import type { JobListener } from '../listener.ts';
import { JobRunner, type ManualRun } from '../runs/job-runner.ts';
import type { JobRuns } from '../runs/runs.ts';
import type { Leader } from './leader.ts';
import { readSchedule, type Schedule } from './schedule.ts';

/** A job with its parsed schedule. */
export interface ScheduledJob {
  readonly job: Job;
  readonly schedule: Schedule;
  /** How long after its time a tick may still begin, in milliseconds. */
  readonly startWithinMs: number;
}

/** Runs jobs at their ticks. With one scheduler per instance, each job runs on one instance at a time. */
export interface Scheduler {
  readonly jobs: readonly ScheduledJob[];
  start(): void;
  /** Runs a job now, unless it is running. @returns undefined if there is no job of that name. */
  runNow(name: string): Promise<ManualRun | undefined>;
  /**
   * Begins no more runs and aborts those in progress; resolves once they are recorded and their locks released. A job that
   * ignores its signal is abandoned after the grace period.
   */
  stop(): Promise<void>;
}

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly leader: Leader;
  /** How long a dead leader still counts as the leader, in milliseconds. */
  readonly leaderTtlMs: number;
  readonly runs: JobRuns;
  /** Creates the lock of one job. */
  readonly makeLock: (options: LockOptions) => DistributedLock;
  /** Its wall clock is this instance's time, and may be ahead of or behind others. */
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener?: JobListener;
  /** How long a job may take to stop on its signal, in milliseconds. */
  readonly graceMs: number;
}

/** How much longer than a dead instance's lock a tick may wait: time for a restart of Redis or MySQL, in milliseconds. */
const patienceMs = 5000;

/** @throws {RangeError} naming a job that cannot be scheduled. */
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
  // Must fit the table, the lock's key and the path of a manual run.
  if (!/^[a-z0-9-]{1,64}$/.test(name)) throw new RangeError(`a job's name must be a-z, 0-9 and "-"; it is "${name}"`);
  try {
    return readSchedule(schedule, timeZone);
  } catch (error) {
    throw new RangeError(`the schedule of the job ${name} ${messageOf(error)}`, { cause: error });
  }
}
