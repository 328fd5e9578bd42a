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
  /** The hold that may be handed over to this waiter: it was waiting when that was granted. */
  eligibleFor: object | undefined;
  readonly #options: WaiterOptions;
  readonly #since: number;
  #timer: Timer | undefined;
  #onAbort: (() => void) | undefined;
  #isSettled = false;

  constructor(options: WaiterOptions) {
    this.#options = options;
    this.#since = options.runtime.now();
    this.ttlMs = options.ttlMs;
    this.signal = options.signal;
    this.minToken = options.minToken;
  }

  /** @returns the rest of its wait, in ms. */
  leftMs(): number {
    return this.#since + this.#options.waitMs - this.#options.runtime.now();
  }

  /** Calls `leave` once, when the wait is over or the signal aborts; at once if that has happened already. */
  arm(leave: (outcome: 'busy' | 'aborted') => void): void {
    if (this.#timer) return;
    const leftMs = this.leftMs();
    if (this.signal?.aborted || leftMs <= 0) {
      leave(this.signal?.aborted ? 'aborted' : 'busy');
      return;
    }
    this.#timer = this.#options.runtime.setTimer(() => leave('busy'), Math.ceil(leftMs)); // timers truncate fractions
    if (!this.signal) return;
    this.#onAbort = () => leave('aborted');
    this.#options.aborts.add(this.signal, this.#onAbort);
  }

  /** Its turn has come: neither the end of its wait nor its signal removes it any more. */
  disarm(): void {
    this.#options.runtime.clearTimer(this.#timer);
    this.#timer = undefined;
    if (!this.#onAbort || !this.signal) return;
    this.#options.aborts.remove(this.signal, this.#onAbort);
    this.#onAbort = undefined;
  }

  /** Answers the call, once: the listener may do what has it answered again. */
  settle(acquisition: Acquisition, handedOver = false): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.disarm();
    const { key, listener, runtime, resolve } = this.#options;
    listener.onAcquire?.({ key, outcome: acquisition.outcome, waitMs: runtime.now() - this.#since, handedOver });
    resolve(acquisition);
  }
}
