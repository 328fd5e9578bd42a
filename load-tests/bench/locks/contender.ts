import type { Redis } from 'ioredis';

/** A lock as the bench uses it, whoever wrote it. */
export interface BenchLock {
  /**
   * Waits until the key is held, however long that takes.
   *
   * @returns what gives it up again.
   * @throws when the lock gives up waiting, which none of them is configured to do within a run.
   */
  acquire(key: string): Promise<() => Promise<unknown>>;
  /** Ends what the lock opened for itself. The connections that it was given stay open. */
  close(): Promise<void>;
}

export interface BenchLockOptions {
  /** How long Redis keeps a lock that nobody releases. Nothing in the bench is held that long. */
  readonly ttlMs: number;
  /** The pause between two tries, for those that ask again and again; without it, the one that suits them best. */
  readonly retryMs?: number | undefined;
}

/** One implementation of a distributed lock, and how it is best configured for waiting long and hard. */
export interface Contender {
  readonly name: string;
  onOneRedis(redis: Redis, options: BenchLockOptions): BenchLock;
  /** Redlock: held on a majority of independent nodes. */
  onMajority(nodes: readonly Redis[], options: BenchLockOptions): BenchLock;
}

/** For those that count their tries instead of their time: with any pause, longer than any run. */
export const triesWithoutEnd = 1_000_000;
/** For those that bound their wait by time. */
export const waitMs = 120_000;
