/** What was really measured of one contended run: timers overshoot. */
export interface ClosedQueue {
  readonly waiters: number;
  /** Mean time from the grant to the call of release. */
  readonly heldMs: number;
  /** Mean time from the end of release until the same waiter asks again. */
  readonly pauseMs: number;
}

/**
 * The most that any lock can grant: no time at all from one holder to the next, and always somebody who waits. With few
 * waiters and a long pause, it is they who set the bound.
 */
export function boundPerSecond({ waiters, heldMs, pauseMs }: ClosedQueue): number {
  return Math.min(1000 / heldMs, (1000 * waiters) / (heldMs + pauseMs));
}

/**
 * How long each waiter waits when all take turns and no time is lost between them: a turn comes round after every waiter
 * has held once, and a waiter spends that time holding, pausing and waiting.
 */
export function roundRobinWaitMs({ waiters, heldMs, pauseMs }: ClosedQueue): number {
  return Math.max(0, waiters * heldMs - heldMs - pauseMs);
}
