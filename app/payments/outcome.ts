/** The answers of a request that ended as its user may expect. */
type Answer = 'paid' | 'already_paid' | 'cancelled' | 'nothing_to_cancel';

/** How a pay or a cancel ended. */
export type Outcome =
  | { outcome: 'answered'; answer: Answer }
  | { outcome: 'unknown-user' }
  /** Somebody else held the lock for the whole wait. Nothing was done. */
  | { outcome: 'lock-busy'; retryAfterMs: number }
  /** The flag's write was refused and the charge had been refunded already: paid and cancelled meanwhile. */
  | { outcome: 'stale-write' }
  /** Begun, and neither finished nor taken back: the books and the flag may disagree until it is reconciled. */
  | { outcome: 'unfinished'; cause: Error }
  /** The lock service or the database did not answer. Nothing was done. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller has gone while it waited for the lock. Nothing was done. */
  | { outcome: 'aborted' };
