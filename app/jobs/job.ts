import type { Logger } from 'pino';

/** A job, which the scheduler runs on one instance at a time. */
export interface Job {
  /** Its lock is `JOB_<name>`. */
  readonly name: string;
  /** A cron expression of 5 fields, or of 6 with the seconds first. */
  readonly schedule: string;
  /** IANA time zone of the schedule. */
  readonly timeZone: string;
  /** How long Redis keeps a dead instance's lock, in milliseconds. A running job extends it, up to ten times this long. */
  readonly ttlMs: number;
  /** Minimum time from the grant to the release (ShedLock's `lockAtLeastFor`), so that an instance whose clock is behind does not run the tick again. */
  readonly atLeastForMs: number;
  /** True if only the leader runs it. */
  readonly onLeader?: boolean;
  /** @returns the run's detail, at most 1000 characters. A throw is recorded as failed. */
  run(context: JobContext): Promise<string>;
}

/** The input of one run. */
export interface JobContext {
  /** Aborts if the lease is lost or the instance stops: the job must stop. */
  readonly signal: AbortSignal;
  /** The tick of the schedule, not the time at which the run began. */
  readonly scheduledAt: Date;
  /** The lock's fencing token, which increases with every run. */
  readonly token: bigint;
  /** Adds the job, the tick and the token to every line. */
  readonly log: Logger;
}
