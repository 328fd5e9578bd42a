import type { Account, Attempt, FlagChange } from '../payments/account.ts';

/** A write of the flag, and the read that it was decided on. */
export interface FlagWrite {
  readonly userId: number;
  readonly change: FlagChange;
  /** The version that the request had read; recorded beside the version that the write overwrites. */
  readonly readVersion: number;
  readonly attempt: Attempt;
  /** Checked by the statement that writes; if it does not hold, the write is refused. Default: write unconditionally. */
  readonly onlyIf?: { readonly version?: number; readonly paid?: boolean; readonly fence?: bigint } | undefined;
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

/**
 * How a connection excludes rivals: by a lock on the user's row, a named lock of the database, or a transaction at the
 * isolation level SERIALIZABLE.
 */
export type ConnectionGuard = 'row' | 'named' | 'serializable';

/** Connections that guard one user's account. */
export interface GuardingConnections {
  /**
   * Takes a connection for one request. Locks nothing yet.
   *
   * @param wait how long to wait for a free connection, in milliseconds, and what ends the wait.
   * @returns `busy` if no connection was free in time.
   * @throws if the database cannot be reached.
   */
  open(
    guard: ConnectionGuard,
    target: { userId: number; key: string },
    wait: { waitMs: number; signal: AbortSignal },
  ): Promise<{ outcome: 'opened'; connection: GuardingConnection } | { outcome: 'busy' } | { outcome: 'aborted' }>;
}

/** One connection that guards one user's account. The caller that opens it ends it. */
export interface GuardingConnection {
  /** Tries to take the lock, if there is one to take. @returns `held`, without waiting, if another connection has it. */
  lock(): Promise<'locked' | 'held'>;
  /** @returns the account as committed at this moment. */
  read(): Promise<Account | undefined>;
  /**
   * Writes the flag, and commits where there is a transaction; a second write is then refused.
   *
   * @returns `refused` only if nothing was written: the lock was lost before the commit, or there was a deadlock.
   * @throws if the commit was not answered: it may have taken effect.
   */
  write(write: FlagWrite): Promise<WriteResult>;
  /** Rolls back what is not committed, and unlocks. Never throws. */
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
  /** Renews the lease, if there is one, also beyond the longest hold. Never rejects. */
  renew?(): Promise<unknown>;
  read(): Promise<Account | undefined>;
  /**
   * @param precondition `unchanged`: write only over the version of `snapshot`, even if the guard does not check that. For
   *   background work, which must not overwrite an update.
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
