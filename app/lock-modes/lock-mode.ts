import type { Attempt } from '../payments/account.ts';
import type { GuardedAccount } from './account.ts';
import type { LockModeName } from './registry.ts';

/** What is guarded, for which request, and how long it may wait. */
export interface CriticalSection {
  /** Requests with the same key exclude each other. */
  readonly key: string;
  readonly userId: number;
  readonly attempt: Attempt;
  /** How long to wait while a rival holds the key, in milliseconds; 0: one try. */
  readonly waitMs: number;
  /** Aborts when the caller disconnects. Ends the wait, never the work. */
  readonly signal: AbortSignal;
}

/** How an attempt to enter a critical section ended. The work was started only with `done`. */
export type Entry<T> =
  | { outcome: 'done'; value: T }
  /** A rival held the key for the whole wait. */
  | { outcome: 'busy'; retryAfterMs: number }
  /** The lock service did not answer: the guard fails closed. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller disconnected while it waited. */
  | { outcome: 'aborted' };

/**
 * One way to guard a payment. The work reads and writes the account through the handle that it is given, so that a mode
 * can check its lease right before the write, lock the row, or require a version.
 */
export interface LockMode {
  readonly name: LockModeName;
  /** @returns the name of the lock that a request must hold. Absent in modes in which no request waits before its read. */
  lockOf?(section: CriticalSection): string;
  /**
   * Runs `work` inside the critical section, or returns why it could not be entered.
   *
   * @throws what `work` throws, after leaving the section.
   */
  guard<T>(section: CriticalSection, work: (account: GuardedAccount) => Promise<T>): Promise<Entry<T>>;
  /** Releases everything still held, so that rivals need not wait for it to expire. */
  close(): Promise<void>;
}
