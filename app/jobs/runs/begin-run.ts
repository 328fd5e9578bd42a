import { isDatabaseUnreachable } from '../../database/errors.ts';
import { pause } from '../../pause.ts';
import type { DistributedLock, Lease, Runtime } from '../../redis-lock/index.ts';
import type { SkipReason } from '../listener.ts';
import type { Leader } from '../scheduling/leader.ts';
import type { JobRuns, NewRun } from './runs.ts';

/** A run whose beginning is recorded, and its lease. */
export interface ClaimedRun extends NewRun {
  readonly lease: Lease;
  /** By the monotonic clock. */
  readonly grantedAtMs: number;
}

export type BeginResult =
  | { outcome: 'claimed'; run: ClaimedRun }
  /** Nothing to do for this tick, nor for any other before `until`. */
  | { outcome: 'skip'; reason: SkipReason; until?: Date }
  /** Cannot begin now. It may have begun elsewhere. */
  | { outcome: 'not-now'; reason: SkipReason; cause?: Error; retryAfterMs?: number };

export interface BeginOptions {
  readonly job: string;
  readonly onLeader: boolean;
  readonly tick: Pick<NewRun, 'scheduledAt' | 'schedule' | 'byHand'>;
  readonly lock: DistributedLock;
  readonly leader: Leader;
  readonly runs: JobRuns;
  readonly runtime: Runtime;
  /** The lock's token must exceed this. */
  readonly minToken: bigint | undefined;
  /** Aborts when the instance stops: no run may begin. */
  readonly stop: AbortSignal;
  readonly onAcquired: (lease: Lease) => void;
  /** Releases the lock of a run that was not begun. */
  readonly release: (lease: Lease) => Promise<void>;
  /** Called with the number of runs that were found dead. */
  readonly onDead: (count: number) => void;
  /** The database did not answer whether the run is recorded: it is asked again for some seconds. */
  readonly onUnrecorded: (error: unknown) => void;
  /** The database has seen a later token than the one that Redis granted. */
  readonly onStaleToken: (seen: bigint) => void;
}

/** The pause before a claim without an answer is sent again, in milliseconds. */
const claimAgainMs = 500;
/** How long to go on with that, in milliseconds: less than a run by hand waits for its answer, and rivals for the lock. */
const claimWithinMs = 8000;

const stopped: BeginResult = { outcome: 'not-now', reason: 'unavailable' };

/**
 * Tries once to begin the run of a tick: acquires the lock, then inserts the run's row. The lock prevents concurrent runs
 * of a job. The row prevents a second run of the tick, however the instances' clocks differ and however long ago the
 * first run ended.
 */
export async function beginRun(options: BeginOptions): Promise<BeginResult> {
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
    // The holder of the lock may declare earlier runs without an end dead: their instances have lost it.
    options.onDead(await runs.markDead(job, lease.token));
    const run = { ...tick, job, token: lease.token, lease, grantedAtMs };
    const entry = stop.aborted ? stopped : await claim(run, options);
    if (entry.outcome !== 'claimed') await options.release(lease);
    return entry;
  } catch (error) {
    await options.release(lease);
    // A run that cannot be recorded is not begun. If it is recorded without an answer, the tick has a run that never begins:
    // the next run marks it as killed.
    if (isDatabaseUnreachable(error)) return { outcome: 'not-now', reason: 'unavailable', cause: error };
    throw error;
  }
}

async function claim(
  run: ClaimedRun,
  { runs, runtime, stop, onUnrecorded, onStaleToken }: BeginOptions,
): Promise<BeginResult> {
  if (!run.byHand) {
    const until = await runs.coveredUntil(run.job, run.scheduledAt);
    if (until && until > run.scheduledAt) return { outcome: 'skip', reason: 'overlapped', until };
  }
  const claimed = await claimUntilAnswered();
  if (claimed.outcome === 'claimed') return { outcome: 'claimed', run };
  if (claimed.outcome === 'taken') return { outcome: 'skip', reason: 'taken' };
  onStaleToken(claimed.seen);
  return { outcome: 'not-now', reason: 'held' };

  /** The claim may be recorded without an answer: the tick would then have a run that never begins. */
  async function claimUntilAnswered() {
    for (let tries = 1; ; tries++) {
      try {
        return await runs.claim(run);
      } catch (error) {
        if (!isDatabaseUnreachable(error)) throw error;
        if (tries === 1) onUnrecorded(error);
        if (runtime.now() - run.grantedAtMs > claimWithinMs || !(await pause(runtime, claimAgainMs, stop))) throw error;
      }
    }
  }
}
