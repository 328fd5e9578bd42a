import type { Express } from 'express';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { type Config, lockMaxHoldMs } from './config.ts';
import { openDatabase } from './database/open.ts';
import { createStatements, type Statements } from './database/statements.ts';
import { createTransactions, type Transactions } from './database/transactions.ts';
import { createInFlight } from './http/in-flight.ts';
import { createReadiness, type Readiness } from './http/readiness.ts';
import { configuredJobs } from './jobs/configured.ts';
import { createJobs, type Jobs, type JobsOptions } from './jobs/index.ts';
import { type Lab, openLab } from './lab/lab.ts';
import { createStepBoard } from './lab/steps/board.ts';
import { traceKey } from './lab/trace/sink.ts';
import { createLimitedRate } from './limited-rate.ts';
import { type AccountStore, createLockModes, type LockModes } from './lock-modes/index.ts';
import { instanceMetrics } from './metrics/instance-metrics.ts';
import { jobMetrics } from './metrics/job-metrics.ts';
import { lockMetrics } from './metrics/lock-metrics.ts';
import { createAccountStore } from './payments/accounts.ts';
import { createGuardingConnections } from './payments/guarding-connections.ts';
import { createIdempotencyKeys } from './payments/idempotency/idempotency-keys.ts';
import { createRecovery } from './payments/idempotency/recovery.ts';
import { createProcessor, type Processor } from './payments/processor.ts';
import { createPaymentService } from './payments/service.ts';
import { createUsers } from './payments/stored-users.ts';
import { openRedis, type RedisConnection } from './redis/connection.ts';
import { readRedisUrl } from './redis/url.ts';
import { redisWarnings } from './redis/warnings.ts';
import { nodeRuntime, type Runtime } from './redis-lock/index.ts';
import { createServer } from './server.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';

export interface InstanceDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics?: Registry;
  /** Replaces parts of the jobs' configuration. */
  readonly jobs?: Partial<Pick<JobsOptions, 'jobs' | 'runtime' | 'listener' | 'graceMs' | 'leaderTtlMs' | 'leaderKey'>>;
  /** The clocks and timers of the modes' locks. */
  readonly runtime?: Runtime | undefined;
  /** Wraps the clients of the servers, so that a test can interfere with them. */
  readonly wrap?: {
    readonly redis?: ((redis: RedisConnection) => RedisConnection) | undefined;
    readonly statements?: ((statements: Statements) => Statements) | undefined;
    readonly transactions?: ((transactions: Transactions) => Transactions) | undefined;
    readonly accounts?: ((accounts: AccountStore) => AccountStore) | undefined;
  };
}

/** The parts of one instance. Instances share only the servers. */
export interface Instance {
  /** The HTTP application. */
  readonly app: Express;
  readonly db: Knex;
  readonly statements: Statements;
  /** Every Redis connection: that of `REDIS_URL`, those of `REDLOCK_URLS`, and the lab's, if it has its own. */
  readonly redis: readonly [RedisConnection, ...RedisConnection[]];
  readonly modes: LockModes;
  readonly processor: Processor;
  readonly jobs: Jobs;
  /** Only with the lab on. */
  readonly lab: Lab | undefined;
  readonly readiness: Readiness;
  readonly shutdown: Shutdown;
}

/** Opens an instance's connections and wires its parts. Does not listen yet, and runs no job. */
export function buildInstance(deps: InstanceDeps): Instance {
  const { config, log, metrics = new Registry(), wrap = {} } = deps;
  const { INSTANCE: instance, MYSQL_TIMEOUT_MS: timeoutMs, REDIS_TIMEOUT_MS: redisTimeoutMs } = config;
  const wrapRedis = wrap.redis ?? ((redis) => redis);
  const wrapStatements = wrap.statements ?? ((statements) => statements);
  const wrapTransactions = wrap.transactions ?? ((transactions) => transactions);
  const wrapAccounts = wrap.accounts ?? ((accounts) => accounts);

  const passes = createLimitedRate(10_000);
  const db = openDatabase({
    url: config.MYSQL_URL,
    password: config.MYSQL_PASSWORD,
    ca: config.MYSQL_CA,
    poolMax: config.MYSQL_POOL_MAX,
    timeoutMs,
    say: (message) => log.debug(message),
    warn: (message) => {
      if (passes(message) !== undefined) log.warn(message);
    },
  });
  /** Of each Redis, by its URL. */
  const warnings = new Map<string, readonly string[]>();
  const openNode = (url: string, keyPrefix = '') => {
    const { name } = readRedisUrl(url);
    const warn = (message: string) => log.warn({ redis: name }, message);
    const opened = openRedis({ url, ca: config.REDIS_CA, timeoutMs: redisTimeoutMs, warn, keyPrefix });
    // At each connection: it may be another server. The lab's own connection leads to the same one.
    if (keyPrefix === '') {
      opened.on('ready', async () => {
        const found = await redisWarnings(opened);
        warnings.set(url, found);
        found.forEach(warn);
      });
    }
    return wrapRedis(opened);
  };
  const redis = openNode(config.REDIS_URL);
  const redlockNodes = config.REDLOCK_URLS?.map((url) => openNode(url));
  // The lab changes several keys at once, which a cluster does in one slot only. Locks lie in all of them.
  const labRedis = redis.isCluster ? openNode(config.REDIS_URL, '{lab}:') : redis;

  const statements = wrapStatements(createStatements(db, timeoutMs));
  const accounts = wrapAccounts(createAccountStore(statements, instance));
  const modes = createLockModes({
    accounts,
    guardingConnections: createGuardingConnections(
      wrapTransactions(createTransactions(db, timeoutMs)),
      accounts,
      instance,
    ),
    redis,
    redlockNodes,
    lockTtlMs: config.LOCK_TTL_MS,
    lockMaxHoldMs: lockMaxHoldMs(config),
    redisTimeoutMs,
    listenerFor: lockMetrics(metrics),
    runtime: deps.runtime,
  });
  const defaultMode = modes[config.LOCK_MODE];
  if (!defaultMode) throw new Error(`the mode ${config.LOCK_MODE} is not configured`); // excluded by readConfig
  const processor = createProcessor(statements, {
    instance,
    gatewayMs: config.GATEWAY_MS,
    lostAnswers: config.GATEWAY_LOST_ANSWERS,
  });
  const payments = {
    processor,
    lockKey: config.LOCK_KEY,
    lockWaitMs: config.LOCK_WAIT_MS,
    workMaxMs: lockMaxHoldMs(config),
    idempotency: {
      keys: createIdempotencyKeys(statements, { instance, leaseMs: config.IDEMPOTENCY_LEASE_MS }),
      recovery: createRecovery(statements),
    },
  };
  // A half of the connections: a payment must not wait behind any number of reads, perhaps after its charge.
  const reads = wrapStatements(createStatements(db, timeoutMs, Math.ceil(config.MYSQL_POOL_MAX / 2)));
  const users = createUsers(reads);
  const jobs = createJobs({
    jobs:
      deps.jobs?.jobs ??
      configuredJobs({
        ...{ config, statements, redis: labRedis, traceKey, processor, mode: defaultMode },
        isHeld: config.LAB ? createStepBoard(labRedis, redisTimeoutMs).isStepped : undefined,
      }),
    instance,
    statements,
    reads,
    redis,
    redlockNodes: config.JOBS_LOCK === 'redlock' ? redlockNodes : undefined,
    redisTimeoutMs,
    runtime: { ...nodeRuntime, wallClock: () => nodeRuntime.wallClock() + config.JOBS_CLOCK_OFFSET_MS },
    log,
    listener: jobMetrics(metrics),
    graceMs: config.SHUTDOWN_MS / 3, // to stop on the signal, then as long to record the run
    scheduling: config.JOBS,
    lab: config.LAB,
    ...deps.jobs,
  });

  const inFlight = createInFlight();
  const shutdown = createShutdown({ log, drainMs: config.DRAIN_MS, withinMs: config.SHUTDOWN_MS, inFlight });
  const readiness = createReadiness({
    ...{ instance, statements, redis, redisTimeoutMs },
    mode: defaultMode,
    warnings: () => [...new Set([...warnings.values()].flat())].map((warning) => `A Redis: ${warning}`),
  });
  instanceMetrics(metrics, {
    ...{ db, inFlight, check: readiness.check, isDraining: shutdown.isDraining },
    redis: Object.fromEntries(
      [{ name: 'redis', redis }, ...lockServersOf(redlockNodes)].map((one) => [one.name, one.redis]),
    ),
  });
  const lab = config.LAB
    ? openLab({
        ...{ config, log, statements, modes, inFlight, payments },
        redis: labRedis,
        lockServers: [{ name: 'redis', redis }, ...lockServersOf(redlockNodes)],
        ending: shutdown.ending,
      })
    : undefined;
  const app = createServer({
    config,
    log,
    db,
    readiness,
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
  const others = labRedis === redis ? [] : [labRedis];
  const connections = [redis, ...(redlockNodes ?? []), ...others] as const;
  return { app, db, statements, redis: connections, modes, processor, jobs, lab, readiness, shutdown };
}

const lockServersOf = (nodes: readonly RedisConnection[] = []) =>
  nodes.map((redis, index) => ({ name: `redlock-${index + 1}`, redis }));
