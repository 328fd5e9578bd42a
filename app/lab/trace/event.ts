import type { LockModeName } from '../../lock-modes/lock-mode.ts';

/** What a traced request did or met, in the order in which it comes to it. */
export type TraceStep =
  /** It has come to the service that is to settle it. */
  | 'arrived'
  /** It asks for its lock; never where the mode has none to wait for. */
  | 'waiting'
  | 'granted'
  | 'read'
  | 'decided'
  | 'charged'
  | 'refunded'
  | 'written'
  /** The flag's write was refused: stale, or the lease was over. */
  | 'refused'
  | 'released'
  | 'answered';

/** One step of one traced request, as `GET /lab/trace` sends it. Times are in milliseconds. */
export interface TraceEvent {
  /** Where it stands in the stream that all instances write: Redis's id, such as `1732270000000-3`. */
  readonly id: string;
  /** The trace that the request asked to be in: its `X-Lab-Trace`, 1 to 64 of letters, digits, ".", "_", "-". */
  readonly trace: string;
  readonly requestId: string;
  readonly kind: 'pay' | 'cancel';
  readonly userId: number;
  /** In minor units. */
  readonly amount: number;
  readonly instance: string;
  readonly mode: LockModeName;
  /** Counts the request's passes through read, decide, act and write, from 1: a refused write starts again. */
  readonly pass: number;
  readonly step: TraceStep;
  /** When the step ended: since the epoch, with a fraction, by the wall clock as it was when the instance started. */
  readonly wallMs: number;
  /** The same by the instance's monotonic clock. */
  readonly monoMs: number;
  /** How long the step took, 0 for a moment; `granted`: the wait; `released`: how long it was held. */
  readonly tookMs: number;
  /** waiting, granted, released: the lock's name. */
  readonly key?: string;
  /** granted, written, refused: the fencing token in decimal, where the mode has one. */
  readonly token?: string;
  /** read: what it saw; null when there is no such user. */
  readonly saw?: TraceSight | null;
  /** decided: what it is going to do, besides answering. */
  readonly decision?: 'charge' | 'refund' | 'clear' | 'none';
  /** charged, refunded. */
  readonly chargeId?: number;
  /** charged, refunded: the processor's answer; `refused`: somebody had refunded the charge already. */
  readonly gateway?: 'charged' | 'refunded' | 'refused';
  /** written, refused: the flag that it was to write. */
  readonly paid?: boolean;
  /** written, refused: the version that it relied on. */
  readonly readVersion?: number;
  /**
   * written: the version that it overwrote. The write is stale exactly when this is not `readVersion`. Absent when it
   * could not be learnt: the database went away right after the write.
   */
  readonly overwrote?: number;
  /**
   * answered: `paid`, `already_paid`, `cancelled`, `nothing_to_cancel`, or the last part of the problem's type, such as
   * `lock-busy`; `aborted`: its client had gone while it waited. released: `done`; absent when its work has thrown.
   */
  readonly outcome?: string;
  /** answered; absent when the client had gone. */
  readonly httpStatus?: number;
}

/** What a request saw of its user's account. */
export interface TraceSight {
  readonly paid: boolean;
  readonly version: number;
  readonly openCharges: readonly { readonly id: number; readonly amount: number }[];
}
