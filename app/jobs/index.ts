import type { Router } from 'express';
import type { Logger } from 'pino';
import type { Statements } from '../database/statements.ts';
import type { RedisConnection } from '../redis/connection.ts';
import {
  createRedisLock,
  createRedlock,
  type DistributedLock,
  type LockOptions,
  type Runtime,
} from '../redis-lock/index.ts';
import type { Job } from './job.ts';
import type { JobListener } from './listener.ts';
import { jobsRoutes } from './routes.ts';
import { createJobRuns, type JobRuns } from './runs/runs.ts';
import { createLeader, type Leader } from './scheduling/leader.ts';
import { createScheduler, type Scheduler } from './scheduling/scheduler.ts';

export type { Job } from './job.ts';

/** One instance's part in the jobs. */
export interface Jobs {
  /** `GET /jobs`, and manual runs. */
  readonly routes: Router;
  readonly scheduler: Scheduler;
  readonly leader: Leader;
  readonly runs: JobRuns;
  /** Runs jobs at their ticks and takes part in the leader election, until stopped. */
  start(): void;
  /** Aborts running jobs and gives up leadership; resolves once all is recorded and released. */
  stop(): Promise<void>;
}

export interface JobsOptions {
  readonly jobs: readonly Job[];
  readonly instance: string;
  readonly statements: Statements;
  /** For `GET /jobs`. */
  readonly reads: Statements;
  readonly redis: RedisConnection;
  /** The nodes of the locks, which need a majority; default: `redis` alone. */
  readonly redlockNodes?: readonly RedisConnection[] | undefined;
  readonly redisTimeoutMs: number;
  /** Its wall clock is this instance's time, and may be ahead of or behind others. */
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener?: JobListener;
  readonly graceMs: number;
  /** True if this instance runs jobs at their ticks. */
  readonly scheduling: boolean;
  /** True if a client may start a run. */
  readonly lab: boolean;
  /** How long a dead leader still counts as the leader, in milliseconds. */
  readonly leaderTtlMs?: number;
  /** The key of the leader's lock. */
  readonly leaderKey?: string;
}

/** The longest that a lease can be renewed: 24 days, after which the leader is elected again. */
const longestHoldMs = 2 ** 31 - 1;

/** @throws {RangeError} naming a job that cannot be scheduled. */
export function createJobs(options: JobsOptions): Jobs {
  const { jobs, instance, statements, reads, redis, redlockNodes, redisTimeoutMs, runtime, log } = options;
  const { listener = {}, graceMs, scheduling, lab, leaderTtlMs = 5000, leaderKey } = options;
  const makeLock = (lockOptions: LockOptions): DistributedLock => {
    const all = { nodeTimeoutMs: redisTimeoutMs, ...lockOptions };
    return redlockNodes ? createRedlock(redlockNodes, all, runtime) : createRedisLock(redis, all, runtime);
  };
  const leaderLock = makeLock({ ttlMs: leaderTtlMs, autoExtend: true, maxHoldMs: longestHoldMs });
  const election = {
    lock: leaderLock,
    ttlMs: leaderTtlMs,
    redis,
    redisTimeoutMs,
    ...(leaderKey && { key: leaderKey }),
  };
  const leader = createLeader({ ...election, instance, runtime, log, listener });
  const runs = createJobRuns(statements, instance);
  const scheduler = createScheduler({ jobs, leader, leaderTtlMs, runs, makeLock, runtime, log, listener, graceMs });
  const routes = jobsRoutes({
    instance,
    scheduling,
    jobs: scheduler.jobs,
    runs: createJobRuns(reads, instance),
    leader,
    runtime,
    scheduler,
    lab,
  });

  return {
    routes,
    scheduler,
    leader,
    runs,
    start() {
      if (!scheduling) return;
      leader.start();
      scheduler.start();
    },
    async stop() {
      await Promise.all([scheduler.stop(), leader.stop()]);
      await leaderLock.close();
    },
  };
}
