import type { Logger } from 'pino';
import { isDatabaseUnreachable } from '../../database/errors.ts';
import { pause } from '../../pause.ts';
import type { DistributedLock, Lease, Runtime } from '../../redis-lock/index.ts';
import type { Job } from '../job.ts';
import type { JobListener, SkipReason } from '../listener.ts';
import type { Leader } from '../scheduling/leader.ts';
import type { Schedule } from '../scheduling/schedule.ts';
import { followTicks } from '../scheduling/ticks.ts';
import { type BeginResult, beginRun, type ClaimedRun } from './begin-run.ts';
import { executeRun } from './execute-run.ts';
import type { JobRuns } from './runs.ts';

export interface JobRunnerOptions {
  readonly job: Job;
  readonly schedule: Schedule;
  /** Must extend its leases automatically. */
  readonly lock: DistributedLock;
  readonly leader: Leader;
  readonly runs: JobRuns;
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener: JobListener;
  /** How long after its time a tick may still begin, in milliseconds: longer than a dead instance's lock. */
  readonly startWithinMs: number;
  readonly graceMs: number;
}

/** The result of a request for a manual run. */
export type ManualRun =
  | { outcome: 'begun'; scheduledAt: Date; ended: Promise<void> }
  | Extract<BeginResult, { outcome: 'not-now' | 'skip' }>;

/** The pauses between tries for a tick that has no run yet, in milliseconds. */
const firstPauseMs = 20;
const longestPauseMs = 250;

const skipMessages: Readonly<Record<SkipReason, string>> = {
  held: 'Failed to acquire job lock, skipping this run',
  taken: 'This tick has already run, skipping this run',
  overlapped: 'The previous run took too long, skipping this run',
  'not-leader': 'Not the leader, skipping this run',
  unavailable: 'Redis or MySQL did not answer, skipping this run',
  late: 'Too late for this tick, skipping this run',
};

/** Runs one job on one instance, tick by tick. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #stopping = new AbortController();
  /** A lock that is held after its run, for the job's at-least-for. */
  #delayedRelease: DelayedRelease | undefined;
  /** The next token must exceed this. */
  #minToken: bigint | undefined;
  #ticking: Promise<void> | undefined;
  readonly #inProgress = new Set<Promise<void>>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    const { schedule, runtime, startWithinMs, log } = this.#options;
    const attempt = (tick: Date) =>
      this.#attempt(tick).catch((error: unknown) => {
        log.error({ err: error, tick }, 'Tick failed');
        return undefined;
      });
    const onLate = (tick: Date) => this.#skip(tick, 'late');
    const { signal } = this.#stopping;
    this.#ticking ??= followTicks({ schedule, runtime, startWithinMs, signal, attempt, onLate });
  }

  /** Aborts runs in progress; resolves once they are recorded and their locks released. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ticking;
    await Promise.all(this.#inProgress);
    await this.#delayedRelease?.now();
  }

  /** Tries once to run the job now, independent of its ticks. Does not wait for the end of the run. */
  async runNow(): Promise<ManualRun> {
    const scheduledAt = new Date(this.#options.runtime.wallClock());
    if (scheduledAt.getMilliseconds() === 0) scheduledAt.setMilliseconds(1); // a whole second may be a tick
    await this.#delayedRelease?.now();
    const entry = await this.#beginRun(scheduledAt, true);
    if (entry.outcome !== 'claimed') return entry;
    return { outcome: 'begun', scheduledAt, ended: this.#run(entry.run) };
  }

  /**
   * Retries until the tick has a run, here or elsewhere. A held lock alone is no reason to skip the tick: its holder may be
   * running another tick by its own clock, or be dead.
   *
   * @returns a later time, if no tick before it needs a run.
   */
  async #attempt(tick: Date): Promise<Date | undefined> {
    const { runtime, startWithinMs, log } = this.#options;
    const deadline = tick.getTime() + startWithinMs;
    let warned = false;
    for (let pauseMs = firstPauseMs; !this.#stopping.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await this.#delayedRelease?.now();
      const entry = await this.#beginRun(tick, false);
      if (entry.outcome === 'claimed') return void (await this.#run(entry.run));
      if (entry.outcome === 'skip') {
        this.#skip(tick, entry.reason);
        return entry.until;
      }
      const settled = await this.#isSettled(tick, entry.reason);
      if (settled) {
        this.#skip(tick, settled.reason);
        return settled.until;
      }
      if (runtime.wallClock() >= deadline) return void this.#skip(tick, entry.reason, entry.cause);
      if (entry.cause && !warned) log.warn({ tick, err: entry.cause }, 'Cannot begin the job, retrying');
      warned ||= entry.cause !== undefined;
      // A dead holder's lock expires with its TTL: retry right then.
      const freeInMs = (entry.retryAfterMs || longestPauseMs) + 1;
      await pause(runtime, Math.min(pauseMs * (0.5 + runtime.random()), freeInMs), this.#stopping.signal);
    }
    return undefined;
  }

  #beginRun(scheduledAt: Date, byHand: boolean): Promise<BeginResult> {
    const { job, schedule, lock, leader, runs, runtime, log } = this.#options;
    return beginRun({
      job: job.name,
      onLeader: job.onLeader ?? false,
      tick: { scheduledAt, schedule: schedule.text, byHand },
      lock,
      leader,
      runs,
      runtime,
      minToken: this.#minToken,
      stop: this.#stopping.signal,
      onAcquired: ({ token }) => log.info({ tick: scheduledAt, token: String(token) }, 'Acquired job lock'),
      release: (lease) => this.#release(scheduledAt, lease),
      onDead: (count) => {
        if (count > 0) log.warn({ tick: scheduledAt, count }, 'Marked runs of dead instances as killed');
      },
      onUnrecorded: (err) => log.warn({ tick: scheduledAt, err }, 'Cannot begin the job, retrying'),
      onStaleToken: (seen) => {
        this.#minToken = seen;
      },
    });
  }

  /** Runs the job and releases its lock. Never throws. */
  #run(run: ClaimedRun): Promise<void> {
    const { job, runs, leader, runtime, graceMs, listener, log } = this.#options;
    const work = async (): Promise<void> => {
      const runLog = log.child({ tick: run.scheduledAt, token: String(run.token) });
      const options = { job, run, runs, leader, runtime, log: runLog, stop: this.#stopping.signal, graceMs };
      try {
        const { outcome, durationMs } = await executeRun(options);
        listener.onRun?.({ job: job.name, outcome, durationMs });
      } finally {
        // Even after an error: a lock that extends itself would be held for ten TTLs.
        const delayMs = this.#releaseDelayMs(run);
        const release = () => this.#release(run.scheduledAt, run.lease);
        if (delayMs > 0) this.#delayedRelease = releaseAfter(runtime, delayMs, release);
        else await release();
      }
    };
    const inProgress = work()
      .catch((error: unknown) => log.error({ err: error }, 'Run failed unexpectedly'))
      .finally(() => this.#inProgress.delete(inProgress));
    this.#inProgress.add(inProgress);
    return inProgress;
  }

  /** How long to hold the lock after the run: for at-least-for, but not beyond the next tick, which others may run. */
  #releaseDelayMs({ grantedAtMs, scheduledAt, lease }: ClaimedRun): number {
    const { job, schedule, runtime } = this.#options;
    if (this.#stopping.signal.aborted || lease.validForMs() === 0) return 0;
    const next = schedule.next(scheduledAt);
    const untilNextMs = next ? next.getTime() - runtime.wallClock() : Number.POSITIVE_INFINITY;
    return Math.min(grantedAtMs + job.atLeastForMs - runtime.now(), untilNextMs);
  }

  async #release(tick: Date, lease: Lease): Promise<void> {
    const { log } = this.#options;
    const released = await lease.release();
    const fields = { tick, token: String(lease.token) };
    if (released === 'released') log.info(fields, 'Released job lock');
    else log.warn(fields, 'Job lock expired before its release');
  }

  /** @returns why the tick needs no run, if that is recorded. */
  async #isSettled(tick: Date, reason: SkipReason): Promise<{ reason: SkipReason; until?: Date } | undefined> {
    const { job, runs } = this.#options;
    try {
      if (await runs.find(job.name, tick)) return { reason };
      const until = await runs.coveredUntil(job.name, tick);
      return until && until > tick ? { reason: 'overlapped', until } : undefined;
    } catch (error) {
      if (isDatabaseUnreachable(error)) return undefined;
      throw error;
    }
  }

  #skip(tick: Date, reason: SkipReason, cause?: Error): void {
    const { job, runs, log, listener } = this.#options;
    log[reason === 'unavailable' ? 'warn' : 'info']({ tick, reason, err: cause }, skipMessages[reason]);
    listener.onSkip?.({ job: job.name, reason });
    // Not awaited: a statistic must not delay the next tick.
    runs.countSkip(job.name).catch((error: unknown) => log.debug({ err: error }, 'Could not count a skip'));
  }
}

/** A release that is delayed, to hold a lock for a minimum time. */
interface DelayedRelease {
  /** Releases now, unless that has been done. */
  now(): Promise<void>;
}

/** Calls `release` once, after `ms` or at the first call of `now`. */
function releaseAfter(runtime: Runtime, ms: number, release: () => Promise<void>): DelayedRelease {
  let released: Promise<void> | undefined;
  const now = () => {
    runtime.clearTimer(timer);
    released ??= release();
    return released;
  };
  const timer = runtime.setTimer(now, ms);
  return { now };
}
