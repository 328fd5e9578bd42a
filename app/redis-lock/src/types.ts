/** How a lock behaves. All times are in milliseconds. */
export interface LockOptions {
  /** How long Redis keeps a lock that nobody releases. Default 10,000. */
  readonly ttlMs?: number;
  /** How long one Redis may take to answer one command before it counts as unavailable. Default 500. */
  readonly nodeTimeoutMs?: number;
  /**
   * The part of the TTL that is written off for clocks that run at different speeds; 2 ms more cover Redis's own
   * expiry. Default 0.01, as at https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/.
   */
  readonly driftFactor?: number;
  /** Whether every lease is renewed at a third of its TTL, until it is released or `maxHoldMs` is over. Default false. */
  readonly autoExtend?: boolean;
  /** How long a lease is renewed at the most, from its grant. Default ten TTLs. */
  readonly maxHoldMs?: number;
  /** Told what happens, for logs and metrics. */
  readonly listener?: LockListener;
}

export interface AcquireOptions {
  /** How long to wait while somebody else holds the key. Default 0: one try. */
  readonly waitMs?: number;
  readonly ttlMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /**
   * The fencing token must be greater than this one. For a caller whose resource has seen a token that Redis, having
   * lost its memory, would mint again.
   */
  readonly minToken?: bigint;
}

/** The right to be the only one, until it runs out. */
export interface Lease extends AsyncDisposable {
  readonly key: string;
  /** The fencing token: greater with every grant of this key. */
  readonly token: bigint;
  /** Aborts when the lease runs out by this process's monotonic clock, or when its loss is noticed, if that is sooner. */
  readonly signal: AbortSignal;
  /** What is left, by this process's monotonic clock, less drift; 0 when it has run out, is lost or was released. */
  validForMs(): number;
  /**
   * Starts the TTL anew, if the lock has been held without a break.
   *
   * @param ttlMs what it is to be from now on; without it, as it was.
   * @returns `lost` when it was not, or when Redis did not say so before the lease ran out. The signal aborts then.
   */
  extend(ttlMs?: number): Promise<'extended' | 'lost'>;
  /**
   * Gives the lock up. A lock that somebody else holds by now is never touched.
   *
   * Where somebody in this process waits for it, it is handed on to them without asking Redis, on the strength of its
   * validity alone.
   *
   * @returns `expired` when it was not held any more, or when Redis could not be asked, in which case the TTL ends it.
   */
  release(): Promise<'released' | 'expired'>;
}

/** Contention and loss are values: exceptions are for programming errors. */
export type Refusal =
  /** Held by somebody else for the whole wait. */
  | { outcome: 'busy'; retryAfterMs: number }
  /** No Redis, or no majority of them, answered in time. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller's signal. */
  | { outcome: 'aborted' };

export type Acquisition = { outcome: 'acquired'; lease: Lease } | Refusal;

export interface DistributedLock {
  acquire(key: string, options?: AcquireOptions): Promise<Acquisition>;
  /**
   * Runs `work` while holding `key` and releases afterwards, whatever comes of the work.
   *
   * @throws what `work` throws; the release neither hides nor replaces it.
   */
  withLock<T>(
    key: string,
    work: (lease: Lease) => Promise<T>,
    options?: AcquireOptions,
  ): Promise<{ outcome: 'done'; value: T } | Refusal>;
  /**
   * Releases every lease that is still held, ends every wait as `aborted`, and closes the connections that the lock
   * opened for itself. Those that it was given stay open: they belong to whoever made them.
   */
  close(): Promise<void>;
}

/** Why a lease ended before its holder released it. */
export type LossReason =
  /** Its time was over. */
  | 'expired'
  /** Redis said that the lock was not held any more: deleted, restarted empty, or somebody else's. */
  | 'stolen';

/** Each is called at once and must not throw. Durations are in milliseconds, by the monotonic clock. */
export interface LockListener {
  /** An acquire has ended, after `waitMs`. `handedOver`: the lease came from another holder in this process. */
  onAcquire?(event: { key: string; outcome: Acquisition['outcome']; waitMs: number; handedOver: boolean }): void;
  /** A lease was released by its holder, who had not lost it, `holdMs` after its grant. */
  onRelease?(event: { key: string; outcome: 'released' | 'expired'; holdMs: number }): void;
  /** A lease was lost while its holder still had it. */
  onLost?(event: { key: string; reason: LossReason; holdMs: number }): void;
}
