/** The answers of a successful request. */
export const answersTo = { pay: ['paid', 'already_paid'], cancel: ['cancelled', 'nothing_to_cancel'] } as const;
type Answer = (typeof answersTo)[keyof typeof answersTo][number];

/** How a pay or a cancel ended. */
export type Outcome =
  | { outcome: 'answered'; answer: Answer; replayOf?: Replayed }
  | { outcome: 'unknown-user' }
  /** A rival held the lock for the whole wait, or rivals had every write refused; the charges were taken back. */
  | { outcome: 'lock-busy'; retryAfterMs: number }
  /** The charge was refunded by another request, or by the reconcile job, before the payment was answered. */
  | { outcome: 'stale-write'; replayOf?: Replayed }
  /** The lease ended before the write: it expired, or the lock's server lost it. A charge was taken back. */
  | { outcome: 'lease-lost' }
  /** Neither finished nor undone: ledger and flag may disagree until the reconcile job repairs them. */
  | { outcome: 'unfinished'; cause: Error }
  /** The lock service or the database did not answer. Nothing was done. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller disconnected while waiting for the lock. Nothing was done. */
  | { outcome: 'aborted' }
  /** Another request with the same idempotency key is in progress. */
  | { outcome: 'key-in-use'; retryAfterMs: number }
  /** The idempotency key was first sent with another command or amount. Nothing was done. */
  | { outcome: 'key-reused' };

/** The earlier request whose answer is given again. */
interface Replayed {
  readonly requestId: string;
}

/** An answer that is stored with its idempotency key. */
export type KeptAnswer = Answer | 'stale-write';

/** Outcomes that leave no effect, and no call in flight. */
export const nothingDone: ReadonlySet<Outcome['outcome']> = new Set([
  'unknown-user',
  'lock-busy',
  'lease-lost',
  'unavailable',
  'aborted',
]);

/** @returns the answer to store; undefined if the next request with the key must be executed. */
export function keptAnswer(outcome: Outcome): KeptAnswer | undefined {
  if (outcome.outcome === 'answered') return outcome.answer;
  return outcome.outcome === 'stale-write' ? 'stale-write' : undefined;
}
