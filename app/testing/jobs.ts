import { Writable } from 'node:stream';
import type { Express } from 'express';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { type Config, readConfig } from '../config.ts';
import { createStatements, retryDeadlocks, type Statements } from '../database/statements.ts';
import { buildInstance } from '../instance.ts';
import type { Job, JobContext } from '../jobs/job.ts';
import type { JobListener } from '../jobs/listener.ts';
import { createJobRuns, type JobRuns } from '../jobs/runs/runs.ts';
import type { Leader } from '../jobs/scheduling/leader.ts';
import type { Scheduler } from '../jobs/scheduling/scheduler.ts';
import { logSerializers } from '../log.ts';
import type { SimulatedProcess } from '../redis-lock/simulation/world/simulated-process.ts';
import { PacedTime } from './paced-time.ts';
import { testStack } from './stack.ts';
import { soon, until } from './until.ts';

export interface JobsInstanceOptions {
  readonly name?: string;
  /** Default: the service's jobs. */
  readonly jobs?: readonly Job[];
  readonly config?: Partial<Config>;
  /** The source of its clocks and timers. Default: time stands still. */
  readonly time?: PacedTime;
  /** How far its wall clock is ahead, in milliseconds. */
  readonly aheadMs?: number;
  readonly graceMs?: number;
  readonly leaderTtlMs?: number;
  /** True: the locks are on the stack's five nodes instead of its one Redis. */
  readonly redlock?: boolean;
  /** Default: the stack's Redis. */
  readonly redisUrl?: string;
  /** Instances with the same key compete for leadership. */
  readonly leaderKey?: string;
  readonly listener?: JobListener;
  /** Wraps the statements that record the runs, to interfere with them. */
  readonly wrapStatements?: (statements: Statements) => Statements;
}

/** One instance, reduced to its jobs. Shares only the servers with others. */
export interface JobsInstance extends AsyncDisposable {
  readonly name: string;
  readonly aheadMs: number;
  /** Its clocks and timers, which can be paused and killed. */
  readonly process: SimulatedProcess;
  /** Its HTTP application. */
  readonly app: Express;
  /** Starts its scheduler and its part in the leader election. */
  start(): void;
  readonly scheduler: Scheduler;
  readonly leader: Leader;
  /** For the test's own use, even after the process was killed. */
  readonly runs: JobRuns;
  readonly redis: Redis;
  /** Its log. */
  readonly lines: readonly Record<string, unknown>[];
  /** Stops it, unless it was killed, and closes its connections. */
  stop(): Promise<void>;
}

/**
 * Longer than any test. Redis expires locks by real time, everything else uses virtual time: a test deletes a lock that
 * must expire.
 */
const longMs = 60_000;
/** How long a server may take to answer: reached only if it hangs. */
const timeoutMs = 60_000;

/** Opens an instance on the stack's servers, and waits until Redis is ready. Runs nothing until its scheduler starts. */
export async function openJobsInstance(options: JobsInstanceOptions = {}): Promise<JobsInstance> {
  const { mysqlUrl, redisUrl, redlockUrls } = testStack();
  const { name = 'test', jobs, graceMs = 500, leaderTtlMs = longMs, listener } = options;
  const { leaderKey = 'LEADER_OF_A_TEST', wrapStatements = (statements) => statements } = options;
  const { time = new PacedTime(), aheadMs = 0 } = options;
  const process = time.process(name, aheadMs);
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(JSON.parse(line))) });
  const nodes: Redis[] = [];
  const instance = buildInstance({
    config: {
      ...readConfig({}),
      INSTANCE: name,
      MYSQL_URL: mysqlUrl,
      MYSQL_POOL_MAX: 5,
      MYSQL_TIMEOUT_MS: timeoutMs,
      REDIS_URL: options.redisUrl ?? redisUrl,
      REDIS_TIMEOUT_MS: timeoutMs,
      ...(options.redlock && { REDLOCK_URLS: redlockUrls, JOBS_LOCK: 'redlock' }),
      ...options.config,
    },
    log: pino({ serializers: logSerializers }, sink),
    jobs: { runtime: process, graceMs, leaderTtlMs, leaderKey, ...(jobs && { jobs }), ...(listener && { listener }) },
    wrap: {
      redis(redis) {
        nodes.push(redis as Redis);
        return time.ask(redis, process);
      },
      statements: (statements) =>
        // The pauses after a deadlock are real: time waits for them as for an answer.
        wrapStatements(
          time.ask(
            { ...statements, change: (sql, values) => retryDeadlocks(() => statements.change(sql, values)) },
            process,
          ),
        ),
    },
  });
  const { db, jobs: own } = instance;
  const [redis] = nodes;
  if (!redis) throw new Error('an instance has a Redis');
  const areUp = () => nodes.every(({ status }) => status === 'ready');
  await until('Redis is ready', areUp, { ...soon, everyMs: 2 });
  lines.length = 0; // drop what was logged before the connections were up

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      if (!process.isKilled) await time.while(`${name} has stopped`, own.stop());
      await instance.lab?.close();
      for (const node of nodes) node.disconnect();
      await Promise.all(Object.values(instance.modes).map((mode) => mode.close()));
      await db.destroy();
    })();
    return stopped;
  };
  const { scheduler, leader, start } = own;
  const runs = createJobRuns(createStatements(db, timeoutMs), name);
  const { app } = instance;
  return {
    name,
    aheadMs,
    process,
    app,
    start,
    scheduler,
    leader,
    runs,
    redis,
    lines,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

let made = 0;

/** A job with a unique name, due each second by default. */
export function testJob(run: (context: JobContext) => Promise<string>, options: Partial<Job> = {}): Job {
  const name = `test-${process.pid}-${Date.now().toString(36)}-${++made}`;
  return { name, schedule: '* * * * * *', timeZone: 'UTC', ttlMs: longMs, atLeastForMs: 0, ...options, run };
}
