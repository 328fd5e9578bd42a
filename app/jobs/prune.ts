import type { Redis } from 'ioredis';
import type { Statements } from '../database/statements.ts';
import { withTimeout } from '../with-timeout.ts';
import type { Job } from './job.ts';
import { skipsShownDays } from './runs/runs.ts';

export interface PruneOptions extends Omit<Job, 'name' | 'run'> {
  readonly statements: Pick<Statements, 'change'>;
  /** The one that the trace is in. */
  readonly redis: Redis;
  /** The stream with the trace. */
  readonly traceKey: string;
  readonly redisTimeoutMs: number;
  /** For how many days the jobs' runs are kept. */
  readonly keepDays: number;
}

/** Rows, or steps of the trace, at a time: the payments use the same servers, and none of them is to wait for this. */
const batch = 1000;
const traceKeptMs = 60 * 60 * 1000;

// Ticks are recorded in UTC. The oldest first: two of these at once do not lock the same rows in opposite orders.
const pruneRunsSql = `DELETE FROM job_runs WHERE scheduled_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY
  ORDER BY scheduled_at LIMIT ${batch}`;

// As long as they are shown. An instance may have a name of its own each time that it is started.
const pruneSkipsSql = `DELETE FROM job_skips WHERE last_skipped_at < UTC_TIMESTAMP(3) - INTERVAL ${skipsShownDays} DAY
  ORDER BY last_skipped_at LIMIT ${batch}`;

/** The job that deletes the jobs' runs that are older than `keepDays`, and the steps of the trace older than an hour. */
export function createPruneJob({
  statements,
  redis,
  traceKey,
  redisTimeoutMs,
  keepDays,
  ...schedule
}: PruneOptions): Job {
  const answered = <T>(command: Promise<T>) => withTimeout(command, redisTimeoutMs, 'Redis');

  async function pruneRuns(signal: AbortSignal): Promise<number> {
    const runs = await inBatches(signal, async () => (await statements.change(pruneRunsSql, [keepDays])).affectedRows);
    await inBatches(signal, async () => (await statements.change(pruneSkipsSql)).affectedRows);
    return runs;
  }

  /**
   * By Redis's own clock, which has made the ids. `~` has it drop whole nodes of the stream only, which is cheap, and so
   * may leave some tens of steps that are older.
   */
  async function trimTrace(signal: AbortSignal): Promise<number> {
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
      const steps = await trimTrace(signal);
      const detail = `deleted ${runs} runs older than ${keepDays} days, and ${steps} steps of the trace older than an hour`;
      log.info({ runs, steps }, detail);
      return detail;
    },
  };
}

/** Has `remove` remove a batch after the other, until there is nothing left. @throws the signal's reason. */
async function inBatches(signal: AbortSignal, remove: () => Promise<number>): Promise<number> {
  let removed = 0;
  for (;;) {
    signal.throwIfAborted();
    const now = await remove();
    if (now === 0) return removed;
    removed += now;
  }
}
