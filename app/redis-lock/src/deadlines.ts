import type { Runtime, Timer } from './runtime.ts';

/** Something that has a time limit. */
export interface Expiring {
  /** When its time is over, on the monotonic clock, in milliseconds. */
  readonly dueAt: number;
  /** Called once, not before that time, unless it has been removed by then. */
  onDue(): void;
}

/**
 * The time limits of many things that nearly all end long before, watched by one timer: a timer of its own for each would
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

  /** The timer stays: there is nearly always something else by the time at which it fires. */
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
    const now = this.#runtime.now(); // a timer may be up to 1 ms early: what is not due yet has to wait for another
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
