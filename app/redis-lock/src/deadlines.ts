import type { Runtime, Timer } from './runtime.ts';

/** Something with a deadline. */
export interface Expiring {
  /** The deadline on the monotonic clock, in milliseconds. */
  readonly dueAt: number;
  /** Called once, at or after the deadline, unless it was removed before. */
  onDue(): void;
}

/**
 * Watches many deadlines with one timer. Nearly all entries end long before their deadline, and a timer for each would
 * cost as much as the rest of a request to Redis. The timer does not keep the process alive.
 */
export class Deadlines {
  readonly #entries = new Set<Expiring>();
  readonly #runtime: Runtime;
  #timer: Timer | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  add(entry: Expiring): void {
    this.#entries.add(entry);
    if (entry.dueAt < this.#firesAt) this.#watch(entry.dueAt);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The timer stays set: by the time it fires there is nearly always another entry. */
  remove(entry: Expiring): void {
    this.#entries.delete(entry);
  }

  #watch(at: number): void {
    const runtime = this.#runtime;
    runtime.clearTimer(this.#timer);
    this.#firesAt = at;
    this.#timer = runtime.setBackgroundTimer(() => this.#fire(), Math.max(1, Math.ceil(at - runtime.now())));
  }

  #fire(): void {
    const now = this.#runtime.now(); // timers may fire up to 1 ms early; entries not due yet wait for the next one
    let next = Number.POSITIVE_INFINITY;
    this.#firesAt = next;
    for (const entry of this.#entries) {
      if (entry.dueAt <= now) {
        this.#entries.delete(entry);
        entry.onDue();
      } else {
        next = Math.min(next, entry.dueAt);
      }
    }
    if (next < this.#firesAt) this.#watch(next);
  }
}
