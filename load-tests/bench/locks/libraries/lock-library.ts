import type { Redis } from 'ioredis';

/** A lock behind the one interface that the benchmark uses. */
export interface BenchLock {
  /**
   * Waits until the key is granted, without a bound.
   *
   * @returns a function that releases it.
   * @throws when the library gives up; none is configured to do so within a run.
   */
  acquire(key: string): Promise<() => Promise<unknown>>;
  /** Closes what the lock opened itself. The connections that it was given stay open. */
  close(): Promise<void>;
}

export interface BenchLockOptions {
  /** Longer than any hold in the benchmark. */
  readonly ttlMs: number;
  /** Pause between two tries, for libraries that poll; default: the best for each. */
  readonly retryMs?: number | undefined;
}

/** A lock library under test, tuned for long waits under contention. */
export interface LockLibrary {
  readonly name: string;
  onOneRedis(redis: Redis, options: BenchLockOptions): BenchLock;
  /** Redlock: granted by a majority of independent nodes. */
  onMajority(nodes: readonly Redis[], options: BenchLockOptions): BenchLock;
}

/** For libraries that bound their wait by a number of tries: longer than any run. */
export const unlimitedTries = 1_000_000;
/** For libraries that bound their wait by time. */
export const waitMs = 120_000;
