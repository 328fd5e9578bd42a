import type { AcquireOptions, LockOptions } from '../../app/redis-lock/index.ts';

/** What a contender is started with. */
export interface Start {
  /** Of the Redis servers; one makes a lock on one Redis, several make a Redlock. */
  readonly urls: readonly string[];
  readonly options: LockOptions;
}

/** What it is to do. */
export type Call =
  | { readonly verb: 'acquire'; readonly key: string; readonly options: Omit<AcquireOptions, 'signal'> }
  /** `lease` is the id of the call that acquired it. */
  | { readonly verb: 'extend'; readonly lease: number; readonly ttlMs?: number }
  | { readonly verb: 'release'; readonly lease: number };

/** Its reply: when it began and when it had the answer, by {@link monotonicMs}, and what that was. */
export type Reply = { readonly calledAt: number; readonly repliedAt: number } & (
  | { readonly outcome: 'acquired'; readonly token: bigint; readonly validUntil: number }
  | { readonly outcome: 'busy' | 'aborted' }
  | { readonly outcome: 'unavailable'; readonly cause: string }
  | { readonly outcome: 'extended'; readonly validUntil: number }
  | { readonly outcome: 'lost' | 'released' | 'expired' }
);

/** The machine's monotonic clock in ms: the same in all its processes, unlike `performance.now()`. */
export const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;
