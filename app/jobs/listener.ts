import type { Outcome } from './runs/run-row.ts';

/** Why an instance left a tick alone. */
export type SkipReason =
  /** Another instance held the lock. */
  | 'held'
  /** It had been run already. */
  | 'taken'
  /** The run before it took so long that it would have gone on then. */
  | 'overlapped'
  /** Only the leader runs this job. */
  | 'not-leader'
  /** Redis or MySQL did not answer, for as long as the tick could be begun. */
  | 'unavailable'
  /** It was too late for it: the instance was frozen, or its clock put forward. */
  | 'late';

/** Told what the scheduler does, for metrics. Each is called at once and must not throw. */
export interface JobListener {
  /** A run has ended on this instance, `durationMs` after the work began. */
  onRun?(event: { job: string; outcome: Outcome | 'superseded'; durationMs: number }): void;
  /** This instance has left a tick alone. */
  onSkip?(event: { job: string; reason: SkipReason }): void;
  /** This instance leads from now on, or does not any more. */
  onLeader?(leads: boolean): void;
}
