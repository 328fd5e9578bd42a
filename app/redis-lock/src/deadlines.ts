import type { Runtime, Timer } from './runtime.ts';

/** Something that has a time limit. */
export interface Limited {
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
  readonly #limited = new Set<Limited>();
  readonly #runtime: Runtime;
  #timer: Timer | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  add(limited: Limited): void {
    this.#limited.add(limited);
    if (limited.dueAt < this.#firesAt) this.#watch(limited.dueAt);
  }

  get size(): number {
    return this.#limited.size;
  }

  /** The timer stays: there is nearly always something else by the time at which it fires. */
  remove(limited: Limited): void {
    this.#limited.delete(limited);
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
    for (const limited of this.#limited) {
      if (limited.dueAt <= now) {
        this.#limited.delete(limited);
        limited.onDue();
      } else {
        next = Math.min(next, limited.dueAt);
      }
    }
    if (next < this.#firesAt) this.#watch(next);
  }
}
