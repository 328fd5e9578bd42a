import type { LockModeName } from '../../lock-modes/registry.ts';

/** The steps of a traced request, in their usual order. */
export type TraceStep =
  /** It has reached the payment service. */
  | 'arrived'
  /** It waits for its lock; absent in modes without one. */
  | 'waiting'
  | 'granted'
  | 'read'
  | 'decided'
  | 'charged'
  | 'refunded'
  | 'written'
  /** The write of the flag was refused: stale, or the lease had expired. */
  | 'refused'
  | 'released'
  | 'answered';

/** One step of one traced request, as `GET /lab/trace` sends it. Times are in milliseconds. */
export interface TraceEvent {
  /** Position in the stream of all instances: Redis's id, such as `1732270000000-3`. */
  readonly id: string;
  /** The request's `X-Lab-Trace`: 1 to 64 of letters, digits, ".", "_", "-". */
  readonly trace: string;
  readonly requestId: string;
  readonly kind: 'pay' | 'cancel';
  readonly userId: number;
  /** In minor units. */
  readonly amount: number;
  readonly instance: string;
  readonly mode: LockModeName;
  /** Number of the pass through read, decide, act and write, from 1; a refused write starts a new pass. */
  readonly pass: number;
  readonly step: TraceStep;
  /** End of the step, in milliseconds since the epoch with a fraction, by the wall clock as of the instance's start. */
  readonly wallMs: number;
  /** The same by the instance's monotonic clock. */
  readonly monoMs: number;
  /** Duration of the step; `granted`: of the wait; `released`: of the hold. */
  readonly tookMs: number;
  /** waiting, granted, released: the lock's name. */
  readonly key?: string;
  /** granted, written, refused: the fencing token in decimal, where the mode has one. */
  readonly token?: string;
  /** read: the account as read; null if there is no such user. */
  readonly saw?: TraceSight | null;
  /** decided: what it will do. */
  readonly decision?: 'charge' | 'refund' | 'clear' | 'none';
  /** charged, refunded. */
  readonly chargeId?: number;
  /** charged, refunded: the processor's answer; `refused`: the charge was already refunded. */
  readonly gateway?: 'charged' | 'refunded' | 'refused';
  /** written, refused: the new value of the flag. */
  readonly paid?: boolean;
  /** written, refused: the version that the write was decided on. */
  readonly readVersion?: number;
  /**
   * written: the version that it overwrote. The write is stale exactly if this differs from `readVersion`. Absent if it is
   * unknown because the database failed right after the write.
   */
  readonly overwrote?: number;
  /**
   * answered: `paid`, `already_paid`, `cancelled`, `nothing_to_cancel`, or the last part of the problem's type, such as
   * `lock-busy`; `aborted`: the client disconnected during the wait. released: `done`; absent if the work threw.
   */
  readonly outcome?: string;
  /** answered; absent if the client had disconnected. */
  readonly httpStatus?: number;
}

/** An account as read by a request. The service sends all of it; of a read that is inferred, only the version is sure. */
export interface TraceSight {
  readonly paid?: boolean;
  readonly version: number;
  readonly openCharges?: readonly { readonly id: number; readonly amount: number }[];
  /** Number of open charges beyond those listed. Absent if all of them are. */
  readonly moreOpenCharges?: number;
}
