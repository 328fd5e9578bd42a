import type { Statements } from '../database/statements.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Job } from './job.ts';
import { skipsShownDays } from './runs/runs.ts';

export interface PruneOptions extends Omit<Job, 'name' | 'run'> {
  readonly statements: Pick<Statements, 'change'>;
  /** The Redis that holds the trace. */
  readonly redis: RedisConnection;
  /** The stream of the trace; undefined without the lab: the user of this Redis may then have no right to it. */
  readonly traceKey: string | undefined;
  readonly redisTimeoutMs: number;
  /** How many days the jobs' runs are kept. */
  readonly keepDays: number;
  /** How many hours idempotency keys are kept. */
  readonly keepKeysHours: number;
}

/** Rows or trace events per statement: small, so that payments on the same servers do not wait. */
const batch = 1000;
const traceKeptMs = 60 * 60 * 1000;

// Ticks are recorded in UTC. Oldest first, so that concurrent runs lock the rows in the same order.
const pruneRunsSql = `DELETE FROM job_runs WHERE scheduled_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY
  ORDER BY scheduled_at LIMIT ${batch}`;

// Kept as long as they are shown. They would pile up if each start of an instance has a new name.
const pruneSkipsSql = `DELETE FROM job_skips WHERE last_skipped_at < UTC_TIMESTAMP(3) - INTERVAL ${skipsShownDays} DAY
  ORDER BY last_skipped_at LIMIT ${batch}`;

// Without those in progress, whose lease is renewed. A key is kept from its answer or else its last try on: a retry soon
// after it must find what that try has done. The index is on the earliest of these times.
const pruneKeysSql = `DELETE FROM idempotency_keys WHERE created_at < NOW(6) - INTERVAL ? HOUR
  AND COALESCE(answered_at, leased_until, created_at) < NOW(6) - INTERVAL ? HOUR
  AND (leased_until IS NULL OR leased_until < NOW(6)) ORDER BY created_at LIMIT ${batch}`;

/** The job that deletes the jobs' runs older than `keepDays`, old idempotency keys, and the trace's events older than an hour. */
export function createPruneJob({
  statements,
  redis,
  traceKey,
  redisTimeoutMs,
  keepDays,
  keepKeysHours,
  ...schedule
}: PruneOptions): Job {
  const answered = <T>(command: Promise<T>) => withTimeout(command, redisTimeoutMs, 'Redis');

  async function pruneRuns(signal: AbortSignal): Promise<number> {
    const runs = await inBatches(signal, async () => (await statements.change(pruneRunsSql, [keepDays])).affectedRows);
    await inBatches(signal, async () => (await statements.change(pruneSkipsSql)).affectedRows);
    return runs;
  }

  /**
   * Trims by Redis's clock, which also made the ids; of a cluster, by that of any server. `~` drops only whole nodes of the
   * stream, which is cheap but may leave some tens of older events.
   */
  async function trimTrace(signal: AbortSignal): Promise<number> {
    if (traceKey === undefined) return 0;
    const [seconds] = await answered(redis.time());
    const oldestKept = Number(seconds) * 1000 - traceKeptMs;
    const trim = () => answered(redis.xtrim(traceKey, 'MINID', '~', oldestKept, 'LIMIT', batch));
    return inBatches(signal, trim);
  }

  return {
    ...schedule,
    name: 'prune',
    async run({ signal, log }) {
      const runs = await pruneRuns(signal);
      const keys = await inBatches(
        signal,
        async () => (await statements.change(pruneKeysSql, [keepKeysHours, keepKeysHours])).affectedRows,
      );
      const steps = await trimTrace(signal);
      const detail = `deleted ${runs} runs older than ${keepDays} days, ${keys} idempotency keys older than ${keepKeysHours} hours and ${steps} trace events older than an hour`;
      log.info({ runs, keys, steps }, detail);
      return detail;
    },
  };
}

/** Calls `remove` until nothing is left. @returns how many were removed. @throws the signal's reason. */
async function inBatches(signal: AbortSignal, remove: () => Promise<number>): Promise<number> {
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const now = await remove();
    if (now === 0) return removed;
    removed += now;
  }
}
