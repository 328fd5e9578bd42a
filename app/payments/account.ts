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
  /** Of the open charges, the one that was made by the request which wrote `paid`, while the flag still says so. */
  readonly paidBy?: OpenCharge;
}
