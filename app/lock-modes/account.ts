import type { Account } from '../payments/account.ts';

/** A write of the flag, with the read that it was decided on. */
export interface FlagWrite {
  readonly userId: number;
  readonly paid: boolean;
  /** The version that the request had read: recorded beside the one it overwrites. */
  readonly readVersion: number;
  readonly requestId: string;
  /** What the row must still say, checked by the very statement that writes. Without it, the write is carried out. */
  readonly onlyIf?: { readonly version?: number; readonly fence?: bigint } | undefined;
}

/** What became of a fencing token: see {@link AccountStore.registerFence}. */
type Registration =
  | { outcome: 'registered' }
  /** The row has `seen` a token as high as this one, or a higher one. */
  | { outcome: 'outrun'; seen: bigint }
  | { outcome: 'unknown-user' };

/** The accounts as the database keeps them, one statement a call and no guard of its own. */
export interface AccountStore {
  /** @returns undefined when there is no such user. */
  read(userId: number): Promise<Account | undefined>;
  /** @returns `refused` when the row is not as {@link FlagWrite.onlyIf} has it, or there is no such user any more. */
  write(write: FlagWrite): Promise<WriteResult>;
  /**
   * Makes `token` the one that the row goes by, if it is higher than every one before: from then on, each write that
   * relies on a lower one is refused. It is no write of the flag, so that it leaves the version as it is.
   */
  registerFence(userId: number, token: bigint): Promise<Registration>;
}

/** The accounts by transactions that lock a user's row. */
export interface AccountRows {
  /**
   * Takes a connection for one transaction on a user's row; nothing is locked yet.
   *
   * @param wait how long to wait for a connection to spare, in milliseconds, and what ends the wait.
   * @returns `busy` when none was to be had.
   * @throws when the database cannot be reached.
   */
  open(
    userId: number,
    wait: { waitMs: number; signal: AbortSignal },
  ): Promise<{ outcome: 'opened'; row: AccountRow } | { outcome: 'busy' } | { outcome: 'aborted' }>;
}

/** One user's row in one transaction. Whoever has opened it ends it. */
export interface AccountRow {
  /** Tries to lock the row, if there is one. @returns `held`, at once, while it is somebody else's. */
  lock(): Promise<'locked' | 'held'>;
  /** @returns what is committed by now. */
  read(): Promise<Account | undefined>;
  /**
   * Writes the flag and commits: the row is free again then, and a second write is refused.
   *
   * @returns `refused` when it is certain that nothing was written, as the lock was lost before the commit.
   * @throws when the commit was not answered: it may have taken effect.
   */
  write(write: FlagWrite): Promise<WriteResult>;
  /** Unlocks the row, and takes back what is not committed. Never throws. */
  end(): Promise<void>;
  /** As `end`, but without waiting for what is under way. All that is asked of the row from then on fails. */
  abandon(): void;
}

export type WriteResult = 'written' | 'refused';

/** One user's account as a guarded request may use it; see {@link LockMode.guard}. */
export interface GuardedAccount {
  /** The fencing token of the lease that guards it, where there is one. */
  readonly token?: bigint;
  read(): Promise<Account | undefined>;
  /**
   * @param demand `unchanged`: carried out over the version of `basis` alone, also where the guard itself does not see to
   *   it. For a writer that nobody waits for, and that would rather not write at all than destroy somebody's update.
   * @returns `refused` when the guard found that the request must not write any more, or the demand was not met.
   */
  write(paid: boolean, basis: Account, demand?: 'unchanged'): Promise<WriteResult>;
}

/** @returns the condition that a write's demand comes to, for {@link FlagWrite.onlyIf}. */
export function conditionOf({ version }: Account, demand?: 'unchanged'): { version: number } | undefined {
  return demand && { version };
}

/** The account with nothing between it and the database. */
export function plainAccount(store: AccountStore, userId: number, requestId: string): GuardedAccount {
  return {
    read: () => store.read(userId),
    write: (paid, basis, demand) =>
      store.write({ userId, paid, readVersion: basis.version, requestId, onlyIf: conditionOf(basis, demand) }),
  };
}
