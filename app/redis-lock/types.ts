/** How a lock behaves. All times are in milliseconds. */
export interface LockOptions {
  /** How long Redis keeps a lock that nobody releases. Default 10,000. */
  readonly ttlMs?: number;
  /** How long Redis may take to answer one command before it counts as unavailable. Default 500. */
  readonly nodeTimeoutMs?: number;
  /**
   * The part of the TTL that is written off for clocks that run at different speeds; 2 ms more cover Redis's own
   * expiry. Default 0.01, as at https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/.
   */
  readonly driftFactor?: number;
}

export interface AcquireOptions {
  /** How long to wait while somebody else holds the key. Default 0: one try. */
  readonly waitMs?: number;
  readonly ttlMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** The right to be the only one, until it runs out. */
export interface Lease extends AsyncDisposable {
  readonly key: string;
  /** Aborts when the lease runs out by this process's monotonic clock; Redis need not answer for that. */
  readonly signal: AbortSignal;
  /** What is left, by this process's monotonic clock, less drift; 0 when it has run out or was released. */
  validForMs(): number;
  /**
   * Gives the lock up. A lock that somebody else holds by now is never touched.
   *
   * @returns `expired` when it was not held any more, or when Redis could not be asked, in which case the TTL ends it.
   */
  release(): Promise<'released' | 'expired'>;
}

/** Contention and loss are values: exceptions are for programming errors. */
export type Refusal =
  /** Held by somebody else for the whole wait. */
  | { outcome: 'busy'; retryAfterMs: number }
  /** Redis did not answer in time. */
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
  /** Releases every lease that is still held. The connection stays open: it belongs to whoever made it. */
  close(): Promise<void>;
}
