/** Options of a lock. All times are in milliseconds. */
export interface LockOptions {
  /** How long Redis keeps a lock that is not released. Default 10,000. */
  readonly ttlMs?: number;
  /** How long one Redis may take to answer one command before it counts as unavailable. Default 500. */
  readonly nodeTimeoutMs?: number;
  /**
   * The share of the TTL that is subtracted for clocks that run at different speeds. Another 2 ms cover the precision
   * of Redis's expiry. Default 0.01, as in https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/.
   */
  readonly driftFactor?: number;
  /**
   * Renews every lease at a third of its TTL (`driftFactor` must leave more than that), until it is released or
   * `maxHoldMs` is over. Default false.
   */
  readonly autoExtend?: boolean;
  /** The longest time for which a lease is renewed, from its grant. Default ten TTLs. */
  readonly maxHoldMs?: number;
  /**
   * Gives every lease a fencing token. Default true. Without it, a free lock is taken by a single `SET`, which is faster,
   * and may overtake waiters whose holder has just died.
   */
  readonly fencing?: boolean;
  /**
   * The prefix of every key and channel but the lock's own key, for an ACL or a shared server: no braces, no spaces. All
   * that use a key need the same one. Default none.
   */
  readonly prefix?: string;
  /** Receives the lock's events, for logs and metrics. */
  readonly listener?: LockListener;
}

export interface AcquireOptions {
  /** How long to wait while another holder has the key. Default 0: one try. */
  readonly waitMs?: number;
  /** The TTL of this lease. Default: the lock's. */
  readonly ttlMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /**
   * An exclusive lower bound of the fencing token: the lease's token is greater than this one, never equal. For a
   * caller whose resource has seen a token that Redis would mint again because it has lost its data. Not without fencing.
   */
  readonly minToken?: bigint;
}

/** The exclusive right to a key, until it expires. */
export interface Lease extends AsyncDisposable {
  readonly key: string;
  /** The fencing token: greater with every grant of this key; `0n` from a lock without fencing. */
  readonly token: bigint;
  /**
   * Aborts when the lease expires by this process's monotonic clock, or when its loss is noticed, whichever is first.
   */
  readonly signal: AbortSignal;
  /** Remaining validity by this process's monotonic clock, less drift; 0 once expired, lost or released. */
  validForMs(): number;
  /**
   * Restarts the TTL, if the lock has been held without interruption.
   *
   * @param ttlMs the TTL from now on. Default: the one before.
   * @returns `lost` when it was interrupted, or when Redis did not confirm it before the lease expired. The signal then
   *   aborts.
   */
  extend(ttlMs?: number): Promise<'extended' | 'lost'>;
  /**
   * Releases the lock. It never touches a lock that another holder has by now.
   *
   * If a caller in this process waits for the key, the lock is handed over to it without asking Redis, as long as
   * enough of its validity is left. Otherwise it is returned to Redis together with the request of that caller, and the
   * answer is `released` without waiting for it.
   *
   * @returns `expired` when it was no longer held, or when Redis could not be reached: the TTL then ends it.
   */
  release(): Promise<'released' | 'expired'>;
}

/** Contention and loss are values; exceptions are for programming errors. */
export type Refusal =
  /** Another holder had the key for the whole wait. */
  | { outcome: 'busy'; retryAfterMs: number }
  /** No Redis, or no majority of them, answered in time; or the lock was closed before. */
  | { outcome: 'unavailable'; cause: Error }
  /** The caller's signal has aborted, or the lock was closed during the wait. */
  | { outcome: 'aborted' };

export type Acquisition = { outcome: 'acquired'; lease: Lease } | Refusal;

export interface DistributedLock {
  /** @throws {TypeError} for an invalid key or signal; {RangeError} for an option out of range. Both reject the promise. */
  acquire(key: string, options?: AcquireOptions): Promise<Acquisition>;
  /**
   * Runs `work` while holding `key` and releases it afterwards, also when `work` throws.
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
   * opened. Those that it was given stay open: they belong to the caller. From then on, acquire answers `unavailable`.
   * Takes a few node timeouts at most, whatever hangs.
   */
  close(): Promise<void>;
}

/** Why a lease ended before its holder released it. */
export type LossReason =
  /** Its validity was over. */
  | 'expired'
  /** Redis answered that the lock was no longer held: deleted, lost by a restart, or another holder's. */
  | 'stolen';

/** Callbacks run synchronously and must not throw. Durations are in milliseconds, by the monotonic clock. */
export interface LockListener {
  /** An acquire ended after `waitMs`. `handedOver`: another holder in this process handed its lock over. */
  onAcquire?(event: { key: string; outcome: Acquisition['outcome']; waitMs: number; handedOver: boolean }): void;
  /** The holder released a lease that it had not lost, `holdMs` after its grant. */
  onRelease?(event: { key: string; outcome: 'released' | 'expired'; holdMs: number }): void;
  /** A lease was lost before its holder released it. */
  onLost?(event: { key: string; reason: LossReason; holdMs: number }): void;
}
