/** A charge that has not been refunded. */
export interface OpenCharge {
  readonly id: number;
  /** In minor units, positive. */
  readonly amount: number;
}

/** A user as read when a request decides. Outdated as soon as a rival writes. */
export interface Account {
  readonly paid: boolean;
  /** Number of writes of the flag. */
  readonly version: number;
  readonly openCharges: readonly OpenCharge[];
  /** The open charge that paid for the access: made by the request that wrote the flag. Absent if the user is unpaid. */
  readonly paidBy?: OpenCharge;
}
