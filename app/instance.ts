import type { Express } from 'express';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Config } from './config.ts';
import { openDatabase } from './database/open.ts';
import { createStatements, type Statements } from './database/statements.ts';
import { createTransactions, type Transactions } from './database/transactions.ts';
import { createInFlight } from './http/in-flight.ts';
import { configuredJobs } from './jobs/configured.ts';
import { createJobs, type Jobs, type JobsOptions } from './jobs/index.ts';
import { type Lab, openLab } from './lab/lab.ts';
import { traceKey } from './lab/trace/sink.ts';
import { type AccountStore, createLockModes, type LockModes } from './lock-modes/index.ts';
import { jobMetrics } from './metrics/job-metrics.ts';
import { lockMetrics } from './metrics/lock-metrics.ts';
import { createAccountTransactions } from './payments/account-transactions.ts';
import { createAccountStore } from './payments/accounts.ts';
import { createProcessor, type Processor } from './payments/processor.ts';
import { createPaymentService } from './payments/service.ts';
import { createUsers } from './payments/users.ts';
import { openRedis } from './redis.ts';
import { nodeRuntime, type Runtime } from './redis-lock/index.ts';
import { createServer } from './server.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';

export interface InstanceDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics?: Registry;
  /** Takes the place of what the configuration says of the jobs. */
  readonly jobs?: Partial<Pick<JobsOptions, 'jobs' | 'runtime' | 'listener' | 'graceMs' | 'leaderTtlMs' | 'leaderKey'>>;
  /** The clocks and timers of the modes' locks. */
  readonly runtime?: Runtime | undefined;
  /** Wraps the clients of the servers, so that a test can interfere. */
  readonly through?: {
    readonly redis?: ((redis: Redis) => Redis) | undefined;
    readonly statements?: ((statements: Statements) => Statements) | undefined;
    readonly transactions?: ((transactions: Transactions) => Transactions) | undefined;
    readonly accounts?: ((accounts: AccountStore) => AccountStore) | undefined;
  };
}

/** The parts of one instance. Instances share only the servers. */
export interface Instance {
  /** What it answers. */
  readonly app: Express;
  readonly db: Knex;
  readonly statements: Statements;
  /** Every connection to a Redis: the one of `REDIS_URL`, then those of `REDLOCK_URLS`. */
  readonly redis: readonly [Redis, ...Redis[]];
  readonly modes: LockModes;
  readonly processor: Processor;
  readonly jobs: Jobs;
  /** With the lab on only. */
  readonly lab: Lab | undefined;
  readonly shutdown: Shutdown;
}

/** Opens the connections of an instance and wires its parts. It does not listen yet, and runs no job. */
export function buildInstance(deps: InstanceDeps): Instance {
  const { config, log, metrics = new Registry(), through = {} } = deps;
  const { INSTANCE: instance, MYSQL_TIMEOUT_MS: timeoutMs, REDIS_TIMEOUT_MS: redisTimeoutMs } = config;
  const throughRedis = through.redis ?? ((redis) => redis);
  const throughStatements = through.statements ?? ((statements) => statements);
  const throughTransactions = through.transactions ?? ((transactions) => transactions);
  const throughAccounts = through.accounts ?? ((accounts) => accounts);

  const db = openDatabase({
    url: config.MYSQL_URL,
    poolMax: config.MYSQL_POOL_MAX,
    timeoutMs,
    say: (message) => log.debug(message),
  });
  const openNode = (url: string) => {
    const warn = (message: string) => log.warn({ redis: new URL(url).host }, message);
    return throughRedis(openRedis({ url, timeoutMs: redisTimeoutMs, warn }));
  };
  const redis = openNode(config.REDIS_URL);
  const redlockNodes = config.REDLOCK_URLS?.map(openNode);

  const statements = throughStatements(createStatements(db, timeoutMs));
  const modes = createLockModes({
    accounts: throughAccounts(createAccountStore(statements, instance)),
    accountTransactions: createAccountTransactions(throughTransactions(createTransactions(db, timeoutMs)), instance),
    redis,
    redlockNodes,
    lockTtlMs: config.LOCK_TTL_MS,
    redisTimeoutMs,
    listenerFor: lockMetrics(metrics),
    runtime: deps.runtime,
  });
  const defaultMode = modes[config.LOCK_MODE];
  if (!defaultMode) throw new Error(`This instance does not have the mode ${config.LOCK_MODE}.`); // the configuration sees to it
  const processor = createProcessor(statements, { instance, gatewayMs: config.GATEWAY_MS });
  const payments = { processor, lockKey: config.LOCK_KEY, lockWaitMs: config.LOCK_WAIT_MS };
  const users = createUsers(statements);
  const jobs = createJobs({
    jobs: deps.jobs?.jobs ?? configuredJobs({ config, statements, redis, traceKey, processor, mode: defaultMode }),
    instance,
    statements,
    redis,
    redlockNodes: config.JOBS_LOCK === 'redlock' ? redlockNodes : undefined,
    redisTimeoutMs,
    runtime: { ...nodeRuntime, wallClock: () => nodeRuntime.wallClock() + config.JOBS_CLOCK_OFFSET_MS },
    log,
    listener: jobMetrics(metrics),
    graceMs: config.SHUTDOWN_MS / 3, // to heed the signal; then as much to record it
    scheduling: config.JOBS,
    lab: config.LAB,
    ...deps.jobs,
  });

  const inFlight = createInFlight();
  const shutdown = createShutdown({ log, withinMs: config.SHUTDOWN_MS, inFlight });
  const lab = config.LAB
    ? openLab({ config, log, redis, redlockNodes, statements, modes, inFlight, payments, ending: shutdown.ending })
    : undefined;
  const app = createServer({
    config,
    log,
    db,
    statements,
    modes,
    defaultMode,
    service: createPaymentService(payments),
    lab,
    users,
    jobs: jobs.routes,
    inFlight,
    isDraining: shutdown.isDraining,
    metrics,
  });
  return { app, db, statements, redis: [redis, ...(redlockNodes ?? [])], modes, processor, jobs, lab, shutdown };
}
