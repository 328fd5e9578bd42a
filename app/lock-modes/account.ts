import type { Account, Attempt, FlagChange } from '../payments/account.ts';

/** A write of the flag, and the read that it was decided on. */
export interface FlagWrite {
  readonly userId: number;
  readonly change: FlagChange;
  /** The version that the request had read; recorded beside the version that the write overwrites. */
  readonly readVersion: number;
  readonly attempt: Attempt;
  /** Checked by the statement that writes; if it does not hold, the write is refused. Default: write unconditionally. */
  readonly onlyIf?: { readonly version?: number; readonly fence?: bigint } | undefined;
}

/** The result of {@link AccountStore.registerFence}. */
type Registration =
  | { outcome: 'registered' }
  /** The row has already `seen` this token or a higher one. */
  | { outcome: 'stale-token'; seen: bigint }
  | { outcome: 'unknown-user' };

/** The accounts in the database: one statement per call, unguarded. */
export interface AccountStore {
  /** @returns undefined if there is no such user. */
  read(userId: number): Promise<Account | undefined>;
  /** @returns `refused` if {@link FlagWrite.onlyIf} does not hold, or the user no longer exists. */
  write(write: FlagWrite): Promise<WriteResult>;
  /**
   * Registers `token` on the row if it is higher than the last one: from then on, every write that relies on a lower
   * token is refused. Does not change the flag or its version.
   */
  registerFence(userId: number, token: bigint): Promise<Registration>;
}

/** Transactions that lock a user's row. */
export interface AccountTransactions {
  /**
   * Takes a connection for one transaction on a user's row. Locks nothing yet.
   *
   * @param wait how long to wait for a free connection, in milliseconds, and what ends the wait.
   * @returns `busy` if no connection was free in time.
   * @throws if the database cannot be reached.
   */
  open(
    userId: number,
    wait: { waitMs: number; signal: AbortSignal },
  ): Promise<{ outcome: 'opened'; transaction: AccountTransaction } | { outcome: 'busy' } | { outcome: 'aborted' }>;
}

/** One transaction on one user's row. The caller that opens it ends it. */
export interface AccountTransaction {
  /** Tries to lock the row, if it exists. @returns `held`, without waiting, if another transaction has it. */
  lock(): Promise<'locked' | 'held'>;
  /** @returns the account as committed at this moment. */
  read(): Promise<Account | undefined>;
  /**
   * Writes the flag and commits, which unlocks the row; a second write is refused.
   *
   * @returns `refused` if certainly nothing was written: the lock was lost before the commit.
   * @throws if the commit was not answered: it may have taken effect.
   */
  write(write: FlagWrite): Promise<WriteResult>;
  /** Rolls back what is not committed, and unlocks the row. Never throws. */
  end(): Promise<void>;
  /** Like `end`, without waiting for a statement in progress. Later calls fail. */
  abandon(): void;
}

type WriteResult = 'written' | 'refused';

export type GuardedWriteResult = WriteResult | 'lease-lost';

/** One user's account, as guarded work may use it; see {@link LockMode.guard}. */
export interface GuardedAccount {
  /** The lease's fencing token, if there is a lease. */
  readonly token?: bigint;
  read(): Promise<Account | undefined>;
  /**
   * @param precondition `unchanged`: write only over the version of `snapshot`, even if the guard does not check that. For
   *   background work, which would rather not write than overwrite an update.
   * @returns `refused` if the guard no longer allows a write, or the precondition does not hold; `lease-lost` if the lease
   *   has ended, and nothing was sent.
   */
  write(change: FlagChange, snapshot: Account, precondition?: 'unchanged'): Promise<GuardedWriteResult>;
}

/** @returns a write's precondition as {@link FlagWrite.onlyIf}. */
export function conditionFor({ version }: Account, precondition?: 'unchanged'): { version: number } | undefined {
  return precondition && { version };
}

/** The account without a guard. */
export function plainAccount(store: AccountStore, userId: number, attempt: Attempt): GuardedAccount {
  return {
    read: () => store.read(userId),
    write: (change, snapshot, precondition) =>
      store.write({
        userId,
        change,
        readVersion: snapshot.version,
        attempt,
        onlyIf: conditionFor(snapshot, precondition),
      }),
  };
}
