import type { World } from '../world/world.ts';

/** What the lock promises. */
export type PromiseName =
  | 'one holder'
  | 'valid only as long as the servers keep it'
  | 'late requests are harmless'
  | 'tokens grow'
  | 'every acquire settles'
  | 'an aborted acquire ends'
  | 'first come, first served'
  | 'no waiter left behind'
  | 'no grant forgotten'
  | 'only the holder frees it'
  | 'answers are true'
  | 'a lease lasts'
  | 'available while a majority is'
  | 'a lost lease aborts its signal'
  | 'close ends everything'
  | 'few requests'
  | 'nothing left'
  | 'no uncaught error';

/** Shared by all checks. */
export interface CheckContext {
  readonly world: World;
  readonly nodeTimeoutMs: number;
  /** The time that an acquire may take beyond its wait, in milliseconds. */
  readonly settleMs: number;
  /** True once any fault was injected. */
  readonly isDisturbed: boolean;
  /** The end of the last fault, in virtual time. */
  readonly calmFrom: number;
  /** A promise is broken. */
  report(promise: PromiseName, what: string): void;
}
