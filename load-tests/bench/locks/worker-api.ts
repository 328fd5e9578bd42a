import type { Timing } from './alternate.ts';
import type { ContendOptions, Contention } from './contend.ts';

export interface OpenOptions {
  readonly contender: string;
  readonly retryMs: number | undefined;
  /** The Redis of the lock on one Redis. */
  readonly url?: string;
  /** The nodes of its Redlock. */
  readonly nodeUrls?: readonly string[];
}

/** What a worker can be told to do, a process of its own. What it uses is the Redlock if there is one, else the lock. */
export interface WorkerApi {
  /** Connects, and makes the locks. */
  open(options: OpenOptions): Promise<void>;
  /** Ends the locks and disconnects. */
  close(): Promise<void>;
  /** Acquire and release of each, and two PINGs, in turn: needs nothing to be open. The ratios are to the PINGs. */
  compareWithPings(options: {
    contenders: readonly string[];
    url: string;
    key: string;
    seconds: number;
  }): Promise<{ pings: Timing; locks: Timing[] }>;
  /** Acquire and release of the Redlock and of the lock on one Redis, in turn. The ratio is to the latter. */
  compareWithSingle(options: { key: string; seconds: number }): Promise<{ single: Timing; redlock: Timing }>;
  /** Acquires and releases, one after the other. @returns microseconds of each. */
  repeat(options: { key: string; seconds: number }): Promise<number[]>;
  contend(options: ContendOptions): Promise<Contention>;
  /** Acquires and holds until `letGo`. */
  hold(options: { key: string }): Promise<void>;
  letGo(): Promise<void>;
}
