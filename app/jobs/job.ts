import type { Logger } from 'pino';

/** What the scheduler runs, on one instance at a time. */
export interface Job {
  /** Its lock is `JOB_<name>`. */
  readonly name: string;
  /** A cron expression of 5 fields, or of 6 with the seconds first. */
  readonly schedule: string;
  /** The schedule's, as the IANA names it. */
  readonly timeZone: string;
  /** How long Redis keeps the lock of an instance that has died. While the job runs it is extended, up to ten times this. */
  readonly ttlMs: number;
  /** How long the lock is kept at least, counted from the grant: an instance whose clock is behind must not run it again. */
  readonly atLeastForMs: number;
  /** Whether it runs on the leader only. */
  readonly onLeader?: boolean;
  /** @returns what is recorded as the run's detail, at most 1000 characters. A throw is recorded as failed. */
  run(context: JobContext): Promise<string>;
}

/** What one run of a job is given. */
export interface JobContext {
  /** Aborts when the lock's lease is lost or the instance stops: nothing may be done after that. */
  readonly signal: AbortSignal;
  /** The tick that it runs for, by the schedule: not the moment at which it really began. */
  readonly scheduledAt: Date;
  /** The lock's fencing token: greater with every run. */
  readonly token: bigint;
  /** Says the job, the tick and the token with every line. */
  readonly log: Logger;
}
