import { type Config, reconcileAfterMs } from '../config.ts';
import type { Statements } from '../database/statements.ts';
import type { LockMode } from '../lock-modes/index.ts';
import type { Processor } from '../payments/processor.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Job } from './job.ts';
import { createPruneJob } from './prune.ts';
import { createReconcileJob, type ReconcileOptions } from './reconcile/reconcile.ts';
import { createSyncJob } from './sync.ts';

export interface ConfiguredJobsDeps {
  readonly config: Config;
  readonly statements: Statements;
  readonly redis: RedisConnection;
  /** The Redis stream of the trace, which `prune` trims. */
  readonly traceKey: string;
  readonly processor: Processor;
  /** The guard of the payments. */
  readonly mode: LockMode;
  /** True while the step control holds a request of this user; absent without the lab. */
  readonly isHeld: ReconcileOptions['isHeld'];
}

/** More than synchronised clocks differ. */
const atLeastForMs = 5000;

/** @returns the jobs of this service; no `sync` without URLs to call. */
export function configuredJobs({
  config,
  statements,
  redis,
  traceKey,
  processor,
  mode,
  isHeld,
}: ConfiguredJobsDeps): Job[] {
  const common = { timeZone: config.JOBS_TIME_ZONE, ttlMs: config.JOBS_TTL_MS, atLeastForMs };
  const { SYNC_URLS: urls } = config;
  const reconcile = createReconcileJob({
    ...common,
    schedule: config.RECONCILE_SCHEDULE,
    reconcile: config.RECONCILE,
    afterMs: reconcileAfterMs(config),
    statements,
    processor,
    mode,
    isHeld,
    lockKey: config.LOCK_KEY,
    lockWaitMs: config.LOCK_WAIT_MS,
  });
  const prune = createPruneJob({
    ...common,
    schedule: config.PRUNE_SCHEDULE,
    onLeader: true,
    statements,
    redis,
    traceKey: config.LAB ? traceKey : undefined,
    redisTimeoutMs: config.REDIS_TIMEOUT_MS,
    keepDays: config.JOB_RUNS_KEEP_DAYS,
    keepKeysHours: config.IDEMPOTENCY_KEEP_HOURS,
  });
  if (!urls) return [reconcile, prune];
  const sync = createSyncJob({
    ...common,
    schedule: config.SYNC_SCHEDULE,
    urls,
    timeoutMs: config.SYNC_TIMEOUT_MS,
  });
  return [reconcile, sync, prune];
}
