import { Writable } from 'node:stream';
import type { Express } from 'express';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { vi } from 'vitest';
import { type Config, readConfig } from '../config.ts';
import { createStatements, type Statements } from '../database/statements.ts';
import { buildInstance } from '../instance.ts';
import type { Job, JobContext } from '../jobs/job.ts';
import type { JobListener } from '../jobs/listener.ts';
import { createJobRuns, type JobRuns } from '../jobs/runs/runs.ts';
import type { Leader } from '../jobs/scheduling/leader.ts';
import type { Scheduler } from '../jobs/scheduling/scheduler.ts';
import { logSerializers } from '../log.ts';
import type { SimulatedProcess } from '../redis-lock/simulation/simulated-process.ts';
import { PacedTime } from './paced-time.ts';
import { testStack } from './stack.ts';

export interface JobsInstanceOptions {
  readonly name?: string;
  /** Without it, those of the service. */
  readonly jobs?: readonly Job[];
  readonly config?: Partial<Config>;
  /** What its clocks and timers go by; without it, no time passes. */
  readonly time?: PacedTime;
  /** By how much its wall clock is ahead. */
  readonly aheadMs?: number;
  readonly graceMs?: number;
  readonly leaderTtlMs?: number;
  /** Whether the locks are on the stack's five nodes, and not on its one Redis. */
  readonly redlock?: boolean;
  /** The Redis to use, if not the stack's. */
  readonly redisUrl?: string;
  /** Who has the same one stands against each other. */
  readonly leaderKey?: string;
  readonly listener?: JobListener;
  /** Takes the place of what the runs are recorded by, to have something happen in between. */
  readonly wrapStatements?: (statements: Statements) => Statements;
}

/** One instance, as far as jobs are concerned: it has nothing in common with another but the servers. */
export interface JobsInstance extends AsyncDisposable {
  readonly name: string;
  readonly aheadMs: number;
  /** Its clocks and timers. It can be paused and killed. */
  readonly process: SimulatedProcess;
  /** What it answers. */
  readonly app: Express;
  /** Starts its scheduler, and has it stand for election. */
  start(): void;
  readonly scheduler: Scheduler;
  readonly leader: Leader;
  /** For the test to use, whatever has become of the process. */
  readonly runs: JobRuns;
  readonly redis: Redis;
  /** What it has logged. */
  readonly lines: readonly Record<string, unknown>[];
  /** Stops it, unless it was killed, and closes its connections. */
  stop(): Promise<void>;
}

/**
 * Longer than a test may take. Redis keeps locks by the real time, and everything else goes by the virtual one: where a lock
 * is to run out, the test deletes it.
 */
const longMs = 60_000;
/** How long a server may take to answer: only one that hangs takes that long. */
const timeoutMs = 60_000;

/** Opens one on the stack's servers, and waits until Redis can be used. It runs nothing before its scheduler is started. */
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
        nodes.push(redis);
        return time.ask(redis, process);
      },
      statements: (statements) => wrapStatements(time.ask(statements, process)),
    },
  });
  const { db, jobs: own } = instance;
  const [redis] = nodes;
  if (!redis) throw new Error('an instance has a Redis');
  await vi.waitFor(() => Promise.all(nodes.map((node) => node.ping())), { timeout: timeoutMs });
  lines.length = 0; // whatever was said of connections that were not up yet

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      if (!process.isKilled) await time.while(`${name} has stopped`, own.stop());
      for (const node of nodes) node.disconnect();
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
