import type { Logger } from 'pino';
import { isDatabaseUnreachable } from '../../database/errors.ts';
import { pause } from '../../pause.ts';
import type { DistributedLock, Lease, Runtime } from '../../redis-lock/index.ts';
import type { Job } from '../job.ts';
import type { JobListener, SkipReason } from '../listener.ts';
import type { Leader } from '../scheduling/leader.ts';
import type { Schedule } from '../scheduling/schedule.ts';
import { followTicks } from '../scheduling/ticks.ts';
import { type EnteredRun, type Entry, enter } from './begin-run.ts';
import { type Kept, keep } from './keep.ts';
import { perform } from './execute-run.ts';
import type { JobRuns } from './runs.ts';

export interface JobRunnerOptions {
  readonly job: Job;
  readonly schedule: Schedule;
  /** Renews its leases by itself. */
  readonly lock: DistributedLock;
  readonly leader: Leader;
  readonly runs: JobRuns;
  readonly runtime: Runtime;
  readonly log: Logger;
  readonly listener: JobListener;
  /** How long after its time a tick may still be begun: longer than the lock of an instance that has died. */
  readonly startWithinMs: number;
  readonly graceMs: number;
}

/** What came of a run that somebody asked for. */
export type AskedRun =
  | { outcome: 'begun'; scheduledAt: Date; ended: Promise<void> }
  | Extract<Entry, { outcome: 'not-now' | 'skip' }>;

/** The pauses between the tries for a tick that nobody has begun, in milliseconds. */
const firstPauseMs = 20;
const longestPauseMs = 250;

const skipMessages: Readonly<Record<SkipReason, string>> = {
  held: 'Failed to acquire job lock, skipping this run',
  taken: 'This tick has been run already, skipping this run',
  overlapped: 'The run before it took too long, skipping this run',
  'not-leader': 'Not the leader, skipping this run',
  unavailable: 'Redis or MySQL did not answer, skipping this run',
  late: 'Too late for this tick, skipping this run',
};

/** One job on one instance: tick by tick, one after the other. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #stopping = new AbortController();
  /** A lock that is kept for at-least-for. */
  #kept: Kept | undefined;
  /** A token that the next one must exceed. */
  #minToken: bigint | undefined;
  #ticking: Promise<void> | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    const { schedule, runtime, startWithinMs, log } = this.#options;
    const attempt = (tick: Date) =>
      this.#attempt(tick).catch((error: unknown) => {
        log.error({ err: error, tick }, 'A tick came to nothing');
        return undefined;
      });
    const onLate = (tick: Date) => this.#skip(tick, 'late');
    const { signal } = this.#stopping;
    this.#ticking ??= followTicks({ schedule, runtime, startWithinMs, signal, attempt, onLate });
  }

  /** Breaks off what is under way, and resolves when that is recorded and its lock released. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ticking;
    await Promise.all(this.#underWay);
    await this.#kept?.end();
  }

  /** Runs it now, at no tick: one try. The promise does not wait for its end. */
  async runNow(): Promise<AskedRun> {
    const scheduledAt = new Date(this.#options.runtime.wallClock());
    if (scheduledAt.getMilliseconds() === 0) scheduledAt.setMilliseconds(1); // a whole second may be a tick’s
    await this.#kept?.end();
    const entry = await this.#enter(scheduledAt, true);
    if (entry.outcome !== 'entered') return entry;
    return { outcome: 'begun', scheduledAt, ended: this.#run(entry.run) };
  }

  /**
   * Begins the tick, or sees to it that somebody has. That the lock is held is no reason to skip it as long as it has no
   * run: the holder may be at another tick, by a clock of its own, or dead.
   *
   * @returns up to where there is nothing to do, where that is further than this tick.
   */
  async #attempt(tick: Date): Promise<Date | undefined> {
    const { runtime, startWithinMs, log } = this.#options;
    const deadline = tick.getTime() + startWithinMs;
    let warned = false;
    for (let pauseMs = firstPauseMs; !this.#stopping.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      await this.#kept?.end();
      const entry = await this.#enter(tick, false);
      if (entry.outcome === 'entered') return void (await this.#run(entry.run));
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
      if (entry.cause && !warned) log.warn({ tick, err: entry.cause }, 'The job cannot be begun now');
      warned ||= entry.cause !== undefined;
      // The lock of one that has died is free when its TTL is over: who asks then has it then.
      const freeInMs = (entry.retryAfterMs || longestPauseMs) + 1;
      await pause(runtime, Math.min(pauseMs * (0.5 + runtime.random()), freeInMs), this.#stopping.signal);
    }
    return undefined;
  }

  #enter(scheduledAt: Date, byHand: boolean): Promise<Entry> {
    const { job, schedule, lock, leader, runs, runtime, log } = this.#options;
    return enter({
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
        if (count > 0) log.warn({ tick: scheduledAt, count }, 'Marked what died with its instance as killed');
      },
      onOutrun: (seen) => {
        this.#minToken = seen;
      },
    });
  }

  /** From the row to the release. Never throws. */
  #run(run: EnteredRun): Promise<void> {
    const { job, runs, leader, runtime, graceMs, listener, log } = this.#options;
    const work = async (): Promise<void> => {
      const runLog = log.child({ tick: run.scheduledAt, token: String(run.token) });
      const options = { job, run, runs, leader, runtime, log: runLog, stop: this.#stopping.signal, graceMs };
      try {
        const { outcome, durationMs } = await perform(options);
        listener.onRun?.({ job: job.name, outcome, durationMs });
      } finally {
        // Whatever goes wrong above: a lock that renews itself would be kept for ten TTLs.
        const keepMs = this.#keepMs(run);
        if (keepMs > 0) this.#kept = keep(runtime, keepMs, () => this.#release(run.scheduledAt, run.lease));
        else await this.#release(run.scheduledAt, run.lease);
      }
    };
    const underWay = work()
      .catch((error: unknown) => log.error({ err: error }, 'A run did not come to an orderly end'))
      .finally(() => this.#underWay.delete(underWay));
    this.#underWay.add(underWay);
    return underWay;
  }

  /** At-least-for, but not beyond the next tick: others are to have their try at that. */
  #keepMs({ grantedAtMs, scheduledAt, lease }: EnteredRun): number {
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
    else log.warn(fields, 'The job lock had expired before it was released');
  }

  /** @returns why nothing is to be done for the tick, where that is on record. */
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
    // Beside the next tick: it is a figure, and nothing that anybody waits for.
    runs.countSkip(job.name).catch((error: unknown) => log.debug({ err: error }, 'A skip could not be counted'));
  }
}
