import { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { vi } from 'vitest';
import { readConfig } from '../config.ts';
import type { Statements } from '../database/statements.ts';
import { buildInstance } from '../instance.ts';
import type { Clock } from '../jobs/clock.ts';
import type { Job, JobContext } from '../jobs/job.ts';
import type { Leader } from '../jobs/leader.ts';
import type { JobListener } from '../jobs/listener.ts';
import type { JobRuns } from '../jobs/runs.ts';
import type { Scheduler } from '../jobs/scheduler.ts';
import { logSerializers } from '../log.ts';
import { testStack } from './stack.ts';

export interface JobsInstanceOptions {
  readonly name?: string;
  readonly jobs?: readonly Job[];
  readonly clock?: Clock;
  readonly graceMs?: number;
  readonly leaderTtlMs?: number;
  /** Whether the locks are on the stack's five nodes, and not on its one Redis. */
  readonly redlock?: boolean;
  /** Who has the same one stands against each other. */
  readonly leaderKey?: string;
  readonly listener?: JobListener;
  /** Takes the place of what the runs are recorded by, to have something happen in between. */
  readonly statementsThrough?: (statements: Statements) => Statements;
}

/** One instance, as far as jobs are concerned: it has nothing in common with another but the servers. */
export interface JobsInstance extends AsyncDisposable {
  readonly scheduler: Scheduler;
  readonly leader: Leader;
  readonly runs: JobRuns;
  readonly statements: Statements;
  readonly redis: Redis;
  /** What it has logged. */
  readonly lines: readonly Record<string, unknown>[];
  /** Stops it and closes its connections. */
  stop(): Promise<void>;
}

/** Opens one on the stack's servers, and waits until Redis can be used. It runs nothing before its scheduler is started. */
export async function openJobsInstance(options: JobsInstanceOptions = {}): Promise<JobsInstance> {
  const { mysqlUrl, redisUrl, redlockUrls } = testStack();
  const { name = 'test', jobs = [], clock = Date.now, graceMs = 500, leaderTtlMs = 5000, listener = {} } = options;
  const { leaderKey = 'LEADER_OF_A_TEST', statementsThrough } = options;
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(JSON.parse(line))) });
  const instance = buildInstance({
    config: {
      ...readConfig({}),
      INSTANCE: name,
      MYSQL_URL: mysqlUrl,
      MYSQL_POOL_MAX: 5,
      MYSQL_TIMEOUT_MS: 3000,
      REDIS_URL: redisUrl,
      REDIS_TIMEOUT_MS: 2000,
      ...(options.redlock && { REDLOCK_URLS: redlockUrls, JOBS_LOCK: 'redlock' }),
    },
    log: pino({ serializers: logSerializers }, sink),
    jobs: { jobs, clock, graceMs, leaderTtlMs, leaderKey, listener },
    through: { statements: statementsThrough },
  });
  const { jobs: own, statements, db, redis: nodes } = instance;
  await vi.waitFor(() => Promise.all(nodes.map((node) => node.ping())), { timeout: 10_000 });
  lines.length = 0; // whatever was said of connections that were not up yet

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      await own.stop();
      for (const node of nodes) node.disconnect();
      await db.destroy();
    })();
    return stopped;
  };
  const { scheduler, leader, runs } = own;
  return { scheduler, leader, runs, statements, redis: nodes[0], lines, stop, [Symbol.asyncDispose]: stop };
}

let made = 0;

/**
 * A job of the test's own, each second unless it says otherwise, whose name nobody else has. Its TTL is longer than a busy
 * machine holds anybody up.
 */
export function testJob(run: (context: JobContext) => Promise<string>, options: Partial<Job> = {}): Job {
  const name = `test-${process.pid}-${Date.now().toString(36)}-${++made}`;
  return { name, schedule: '* * * * * *', timeZone: 'UTC', ttlMs: 5000, atLeastForMs: 0, ...options, run };
}
