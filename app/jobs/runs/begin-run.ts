import { isDatabaseUnreachable } from '../../database/errors.ts';
import type { DistributedLock, Lease, Runtime } from '../../redis-lock/index.ts';
import type { SkipReason } from '../listener.ts';
import type { Leader } from '../scheduling/leader.ts';
import type { JobRuns, NewRun } from './runs.ts';

/** A run whose beginning is recorded, and the lease that it is under. */
export interface EnteredRun extends NewRun {
  readonly lease: Lease;
  /** On the monotonic clock. */
  readonly grantedAtMs: number;
}

export type Entry =
  | { outcome: 'entered'; run: EnteredRun }
  /** There is nothing to do for this tick, nor for any other before `until`. */
  | { outcome: 'skip'; reason: SkipReason; until?: Date }
  /** It cannot be begun now. Whether it has been begun elsewhere is another question. */
  | { outcome: 'not-now'; reason: SkipReason; cause?: Error; retryAfterMs?: number };

export interface EnterOptions {
  readonly job: string;
  readonly onLeader: boolean;
  readonly tick: Pick<NewRun, 'scheduledAt' | 'schedule' | 'byHand'>;
  readonly lock: DistributedLock;
  readonly leader: Leader;
  readonly runs: JobRuns;
  readonly runtime: Runtime;
  /** The lock's token must exceed this one. */
  readonly minToken: bigint | undefined;
  /** The instance stops, and begins nothing any more. */
  readonly stop: AbortSignal;
  readonly onAcquired: (lease: Lease) => void;
  /** Gives the lock up again. */
  readonly release: (lease: Lease) => Promise<void>;
  /** Some runs were found dead. */
  readonly onDead: (count: number) => void;
  /** The database has seen a later token than Redis gave. */
  readonly onOutrun: (seen: bigint) => void;
}

const stopped: Entry = { outcome: 'not-now', reason: 'unavailable' };

/**
 * One try for one tick: the lock first, then the run's own row. The lock keeps two runs of a job apart; that there is one
 * run for a tick is kept by the row, whoever's clock is ahead or behind, and however long ago the other run ended.
 */
export async function enter(options: EnterOptions): Promise<Entry> {
  const { job, onLeader, tick, lock, leader, runs, minToken, stop } = options;
  if (onLeader && !leader.term()) return { outcome: 'not-now', reason: 'not-leader' };
  const acquisition = await lock.acquire(`JOB_${job}`, { signal: stop, ...(minToken !== undefined && { minToken }) });
  if (acquisition.outcome === 'busy') {
    return { outcome: 'not-now', reason: 'held', retryAfterMs: acquisition.retryAfterMs };
  }
  if (acquisition.outcome === 'unavailable') {
    return { outcome: 'not-now', reason: 'unavailable', cause: acquisition.cause };
  }
  if (acquisition.outcome === 'aborted') return stopped;
  const { lease } = acquisition;
  const grantedAtMs = options.runtime.now();
  options.onAcquired(lease);
  try {
    // Whoever has the lock may say of those who had it before, and have not come to an end, that they never will.
    options.onDead(await runs.markDead(job, lease.token));
    const run = { ...tick, job, token: lease.token, lease, grantedAtMs };
    const entry = stop.aborted ? stopped : await claim(run, runs, options.onOutrun);
    if (entry.outcome !== 'entered') await options.release(lease);
    return entry;
  } catch (error) {
    await options.release(lease);
    // A run that cannot be recorded is not begun. Where the answer was lost, its row is found open, and marked as killed.
    if (isDatabaseUnreachable(error)) return { outcome: 'not-now', reason: 'unavailable', cause: error };
    throw error;
  }
}

async function claim(run: EnteredRun, runs: JobRuns, onOutrun: (seen: bigint) => void): Promise<Entry> {
  if (!run.byHand) {
    const until = await runs.coveredUntil(run.job, run.scheduledAt);
    if (until && until > run.scheduledAt) return { outcome: 'skip', reason: 'overlapped', until };
  }
  const claimed = await runs.claim(run);
  if (claimed.outcome === 'claimed') return { outcome: 'entered', run };
  if (claimed.outcome === 'taken') return { outcome: 'skip', reason: 'taken' };
  onOutrun(claimed.seen);
  return { outcome: 'not-now', reason: 'held' };
}
