import type { AbortCallbacks } from './abort-callbacks.ts';
import type { Runtime, Timer } from './runtime.ts';
import type { Acquisition, LockListener } from './types.ts';

export interface WaiterOptions {
  readonly key: string;
  readonly waitMs: number;
  readonly ttlMs: number;
  readonly signal: AbortSignal | undefined;
  readonly minToken: number | undefined;
  readonly listener: LockListener;
  readonly runtime: Runtime;
  readonly aborts: AbortCallbacks;
  readonly resolve: (acquisition: Acquisition) => void;
}

/** One call of acquire, until it is settled. */
export class Waiter {
  readonly ttlMs: number;
  readonly signal: AbortSignal | undefined;
  readonly minToken: number | undefined;
  /** The grant of which it is to have a turn: it was waiting when that was made. */
  eligibleFor: object | undefined;
  readonly #options: WaiterOptions;
  readonly #since: number;
  #timer: Timer | undefined;
  #onAbort: (() => void) | undefined;

  constructor(options: WaiterOptions) {
    this.#options = options;
    this.#since = options.runtime.now();
    this.ttlMs = options.ttlMs;
    this.signal = options.signal;
    this.minToken = options.minToken;
  }

  /** @returns how long it is still ready to wait, in ms. */
  leftMs(): number {
    return this.#since + this.#options.waitMs - this.#options.runtime.now();
  }

  /** Has `leave` called, once, when its wait is over or its caller has gone; at once if that is so already. */
  arm(leave: (outcome: 'busy' | 'aborted') => void): void {
    if (this.#timer) return;
    const leftMs = this.leftMs();
    if (this.signal?.aborted || leftMs <= 0) {
      leave(this.signal?.aborted ? 'aborted' : 'busy');
      return;
    }
    this.#timer = this.#options.runtime.setTimer(() => leave('busy'), Math.ceil(leftMs)); // timers cut fractions off
    if (!this.signal) return;
    this.#onAbort = () => leave('aborted');
    this.#options.aborts.add(this.signal, this.#onAbort);
  }

  /** Its turn has come: from now on it is not left to itself. */
  disarm(): void {
    this.#options.runtime.clearTimer(this.#timer);
    this.#timer = undefined;
    if (!this.#onAbort || !this.signal) return;
    this.#options.aborts.remove(this.signal, this.#onAbort);
    this.#onAbort = undefined;
  }

  /** Answers the call. */
  settle(acquisition: Acquisition, handedOver = false): void {
    this.disarm();
    const { key, listener, runtime, resolve } = this.#options;
    listener.onAcquire?.({ key, outcome: acquisition.outcome, waitMs: runtime.now() - this.#since, handedOver });
    resolve(acquisition);
  }
}
