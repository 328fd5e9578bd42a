/** A charge that has not been refunded. */
export interface OpenCharge {
  readonly id: number;
  /** In minor units, positive. */
  readonly amount: number;
}

/** A user as read when a request decides. Stale as soon as a rival writes. */
export interface Account {
  readonly paid: boolean;
  /** Number of writes of the flag. */
  readonly version: number;
  readonly openCharges: readonly OpenCharge[];
  /** The charge that paid for the access, if it is still open. Absent if the user is unpaid. */
  readonly paidBy?: OpenCharge;
  /** The amount of the charge that paid for the access, once it is refunded. Absent if the user is unpaid. */
  readonly refundedAmount?: number;
}

/** A write of the flag. Access is written together with the id of the charge that pays for it. */
export type FlagChange = { readonly paid: true; readonly paidBy: number } | { readonly paid: false };

/** A client's request, as charges, refunds and flag writes record it. */
export interface Attempt {
  /** Made by the service. Unique to the request: all executions with the same idempotency key share it. */
  readonly id: string;
  /** From the client, which may repeat it: for logs and traces, never for a decision. */
  readonly requestId: string;
}
