/** The answers of a successful request. */
export const answersTo = { pay: ['paid', 'already_paid'], cancel: ['cancelled', 'nothing_to_cancel'] } as const;
type Answer = (typeof answersTo)[keyof typeof answersTo][number];

/** How a pay or a cancel ended. */
export type Outcome =
  | { outcome: 'answered'; answer: Answer }
  | { outcome: 'unknown-user' }
  /** A rival held the lock for the whole wait. Nothing was done. */
  | { outcome: 'lock-busy'; retryAfterMs: number }
  /** The write of the flag was refused and the charge was already refunded: paid and cancelled in the meantime. */
  | { outcome: 'stale-write' }
  /** Neither finished nor undone: ledger and flag may disagree until the reconcile job repairs them. */
  | { outcome: 'unfinished'; cause: Error }
  /** The lock service or the database did not answer. Nothing was done. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller disconnected while waiting for the lock. Nothing was done. */
  | { outcome: 'aborted' };
