import type { Outcome } from './runs/run-row.ts';

/** Why an instance skipped a tick. */
export type SkipReason =
  /** Another instance held the lock. */
  | 'held'
  /** The tick has already run. */
  | 'taken'
  /** The previous run took so long that it overlaps this tick. */
  | 'overlapped'
  /** Only the leader runs this job. */
  | 'not-leader'
  /** Redis or MySQL did not answer for as long as the tick could be begun. */
  | 'unavailable'
  /** Too late to begin it: the instance was frozen, or its clock was put forward. */
  | 'late';

/** Observes the scheduler, for metrics. Called synchronously; must not throw. */
export interface JobListener {
  /** A run ended on this instance, `durationMs` after its work began. */
  onRun?(event: { job: string; outcome: Outcome | 'superseded'; durationMs: number }): void;
  /** This instance skipped a tick. */
  onSkip?(event: { job: string; reason: SkipReason }): void;
  /** This instance became the leader, or is no longer the leader. */
  onLeader?(isLeader: boolean): void;
}
