import type { Runtime, Timer } from '../../src/runtime.ts';
import type { RandomStream } from './random.ts';
import type { VirtualEvent, VirtualTime } from './virtual-time.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly time: VirtualTime;
  readonly random: RandomStream;
  /** How fast its monotonic clock runs: 1.01 for one percent fast. */
  readonly clockRate: number;
  /** By how much its wall clock is ahead of true time, in milliseconds. */
  readonly wallClockOffsetMs: number;
  /** Called when a callback throws: in a real process this is an uncaught exception. */
  readonly onUncaught: (error: unknown) => void;
  readonly onWarning?: (message: string, cause: unknown) => void;
}

/** Milliseconds since the epoch when virtual time is 0. */
export const epochMs = 1_700_000_000_000;

/** What a process does first once its pause is over. */
export type FirstAfterPause = 'timers' | 'messages';

/** A process that uses the lock: its clocks and timers. It can be paused, as by a garbage collector, and killed. */
export class SimulatedProcess implements Runtime {
  readonly name: string;
  isKilled = false;
  readonly timers = new Set<Timer>();
  /** Virtual time spent in pauses that have ended. */
  #pausedMs = 0;
  #pausedSince: number | undefined;
  #dueTimers: (() => void)[] = [];
  #backlog: (() => void)[] = [];
  #wallClockOffsetMs: number;
  #ids = 0;
  readonly #options: ProcessOptions;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#wallClockOffsetMs = options.wallClockOffsetMs;
  }

  now(): number {
    return this.#options.time.now * this.#options.clockRate;
  }

  wallClock(): number {
    return epochMs + this.#options.time.now + this.#wallClockOffsetMs;
  }

  /** Sets the wall clock forward, or back by a negative number. */
  jump(byMs: number): void {
    this.#wallClockOffsetMs += byMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const { time, random, clockRate } = this.#options;
    // As Node's: whole milliseconds, at least one, and not more punctual than the event loop.
    const event: VirtualEvent = time.after((Math.max(1, Math.trunc(delayMs)) + random.float()) / clockRate, () => {
      const fire = (): void => {
        if (!this.timers.delete(event)) return; // cleared while it was due
        callback();
      };
      if (this.isPaused) this.#dueTimers.push(fire);
      else this.deliver(fire);
    });
    this.timers.add(event);
    return event;
  }

  setBackgroundTimer(callback: () => void, delayMs: number): Timer {
    return this.setTimer(callback, delayMs);
  }

  setImmediate(callback: () => void): void {
    this.#options.time.after(0, () => this.deliver(callback)); // after the backlog: it is scheduled later
  }

  clearTimer(timer: Timer | undefined): void {
    if (!timer || !this.timers.delete(timer)) return;
    this.#options.time.cancel(timer as VirtualEvent);
  }

  random(): number {
    return this.#options.random.float();
  }

  newId(): string {
    const id = this.nextId();
    this.#ids += 1;
    return id;
  }

  /** What {@link newId} will return next. */
  nextId(): string {
    return `${this.name}-${this.#ids}`;
  }

  warn(message: string, cause: unknown): void {
    this.#options.onWarning?.(message, cause);
  }

  get clockRate(): number {
    return this.#options.clockRate;
  }

  get isPaused(): boolean {
    return this.#pausedSince !== undefined;
  }

  /** @returns how long it has been paused so far, in milliseconds of virtual time. */
  pausedMs(): number {
    const since = this.#pausedSince;
    return this.#pausedMs + (since === undefined ? 0 : this.#options.time.now - since);
  }

  pause(): void {
    this.#pausedSince ??= this.#options.time.now;
  }

  /**
   * Goes on. What became due meanwhile happens now, each thing as an event of its own. Node's event loop reads messages
   * before timers if the pause came while it waited for them
   * (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
   */
  resume(first: FirstAfterPause = 'timers'): void {
    this.#pausedMs = this.pausedMs();
    this.#pausedSince = undefined;
    const [timers, messages] = [this.#dueTimers.splice(0), this.#backlog.splice(0)];
    for (const run of first === 'timers' ? [...timers, ...messages] : [...messages, ...timers]) {
      this.#options.time.after(0, () => this.deliver(run));
    }
  }

  kill(): void {
    this.isKilled = true;
    this.#dueTimers = [];
    this.#backlog = [];
    for (const timer of this.timers) this.clearTimer(timer);
  }

  /** Runs something in the process: now, when its pause is over, or never if it has been killed. */
  deliver(run: () => void): void {
    if (this.isKilled) return;
    if (this.isPaused) {
      this.#backlog.push(run);
      return;
    }
    try {
      run();
    } catch (error) {
      this.#options.onUncaught(error);
    }
  }
}
