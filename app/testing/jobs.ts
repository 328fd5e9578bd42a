import { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import pino from 'pino';
import { vi } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements, type Statements } from '../database/statements.ts';
import type { Clock } from '../jobs/clock.ts';
import type { Job, JobContext } from '../jobs/job.ts';
import { createLeader, type Leader } from '../jobs/leader.ts';
import type { JobListener } from '../jobs/listener.ts';
import { createJobRuns, type JobRuns } from '../jobs/runs.ts';
import { createScheduler, type Scheduler } from '../jobs/scheduler.ts';
import { logSerializers } from '../log.ts';
import { openRedis } from '../redis.ts';
import { createRedisLock, createRedlock, type DistributedLock } from '../redis-lock/index.ts';
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
  const { leaderKey: key = 'LEADER_OF_A_TEST', statementsThrough = (statements) => statements } = options;
  const db = openDatabase({ url: mysqlUrl, poolMax: 5, timeoutMs: 3000, say: () => {} });
  const openNode = (url: string) => openRedis({ url, timeoutMs: 2000, warn: () => {} });
  const redis = openNode(redisUrl);
  const nodes = options.redlock ? redlockUrls.map(openNode) : [];
  await vi.waitFor(() => Promise.all([redis, ...nodes].map((node) => node.ping())), { timeout: 10_000 });
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(JSON.parse(line))) });
  const log = pino({ serializers: logSerializers }, sink);

  const statements = statementsThrough(createStatements(db, 3000));
  const runs = createJobRuns(statements, name);
  const locks: DistributedLock[] = [];
  const makeLock = (lockOptions: Parameters<typeof createRedisLock>[1]) => {
    const all = { nodeTimeoutMs: 2000, ...lockOptions };
    const lock = options.redlock ? createRedlock(nodes, all) : createRedisLock(redis, all);
    locks.push(lock);
    return lock;
  };
  const leaderLock = makeLock({ ttlMs: leaderTtlMs, autoExtend: true, maxHoldMs: 3_600_000 });
  const election = { lock: leaderLock, ttlMs: leaderTtlMs, key, redis, redisTimeoutMs: 2000 };
  const leader = createLeader({ ...election, instance: name, log, listener });
  const scheduler = createScheduler({ jobs, leader, leaderTtlMs, runs, makeLock, clock, log, listener, graceMs });

  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      await Promise.all([scheduler.stop(), leader.stop()]);
      for (const lock of locks) await lock.close();
      for (const node of [redis, ...nodes]) node.disconnect();
      await db.destroy();
    })();
    return stopped;
  };
  return { scheduler, leader, runs, statements, redis, lines, stop, [Symbol.asyncDispose]: stop };
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
