/** A charge that has not been refunded. */
export interface OpenCharge {
  readonly id: number;
  /** In minor units, positive. */
  readonly amount: number;
}

/** What a request knows of a user when it decides: a snapshot, out of date the moment a rival writes. */
export interface Account {
  readonly paid: boolean;
  /** Counts the flag's writes. */
  readonly version: number;
  readonly openCharges: readonly OpenCharge[];
}

/** A write of the flag, with the read that it was decided on. */
export interface FlagWrite {
  readonly userId: number;
  readonly paid: boolean;
  /** The version that the request had read: recorded beside the one it overwrites. */
  readonly readVersion: number;
  readonly requestId: string;
}

/** The accounts as the database keeps them, one statement a call and no guard of its own. */
export interface AccountStore {
  /** @returns undefined when there is no such user. */
  read(userId: number): Promise<Account | undefined>;
  /** @returns `refused` when there is no such user any more. */
  write(write: FlagWrite): Promise<WriteResult>;
}

export type WriteResult = 'written' | 'refused';

/** One user's account as a guarded request may use it; see {@link LockMode.guard}. */
export interface GuardedAccount {
  read(): Promise<Account | undefined>;
  /** @returns `refused` when the guard found that the request must not write any more. */
  write(paid: boolean, basis: Account): Promise<WriteResult>;
}

/** The account with nothing between it and the database. */
export function plainAccount(store: AccountStore, userId: number, requestId: string): GuardedAccount {
  return {
    read: () => store.read(userId),
    write: (paid, basis) => store.write({ userId, paid, readVersion: basis.version, requestId }),
  };
}
