import type { GuardedAccount } from './account.ts';

/** The ways of keeping one request's read, decide and write apart from its rivals'. */
export const lockModeNames = ['none', 'memory', 'naive', 'redis', 'redlock', 'fenced', 'row', 'version'] as const;
export type LockModeName = (typeof lockModeNames)[number];

/** The variable without which an instance does not have a mode. The others need nothing that has no default. */
export const lockModeNeeds: Readonly<Partial<Record<LockModeName, 'REDLOCK_URLS'>>> = { redlock: 'REDLOCK_URLS' };

/** What is guarded, for whom, and how long the request is ready to wait for it. */
export interface CriticalSection {
  /** Two requests with the same key keep each other out. */
  readonly key: string;
  readonly userId: number;
  readonly requestId: string;
  /** How long to wait while somebody else holds the key; 0 is one try. */
  readonly waitMs: number;
  /** Ends the wait, never the work, when the caller has gone. */
  readonly signal: AbortSignal;
}

/** How a request's attempt to enter its critical section ended. Only with `done` was the work started. */
export type Entry<T> =
  | { outcome: 'done'; value: T }
  /** Somebody else held the key for the whole wait. */
  | { outcome: 'busy'; retryAfterMs: number }
  /** The lock service did not answer: a guard fails closed. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller has gone while it waited. */
  | { outcome: 'aborted' };

/**
 * One way of guarding a payment. The work reads and writes the account through the handle that it is given, so that a
 * mode can also check its lease right before the write, lock a row, or demand a version.
 */
export interface LockMode {
  readonly name: LockModeName;
  /** @returns what a request must have for itself to enter, by name; a mode without this makes nobody wait. */
  lockOf?(section: CriticalSection): string;
  /**
   * Runs `work` inside the critical section, or says why it could not be entered.
   *
   * @throws what `work` throws; the section has been left by then.
   */
  guard<T>(section: CriticalSection, work: (account: GuardedAccount) => Promise<T>): Promise<Entry<T>>;
  /** @throws when the service that this mode relies on does not answer. */
  ping(): Promise<void>;
  /** Gives up whatever is still held, so that nobody has to wait for it to expire. */
  close(): Promise<void>;
}
