import { randomUUID } from 'node:crypto';
import { randomStream } from '../redis-lock/simulation/world/random.ts';
import { SimulatedProcess } from '../redis-lock/simulation/world/simulated-process.ts';
import { settled, VirtualTime } from '../redis-lock/simulation/world/virtual-time.ts';

/** Longer than anything that a test waits for, in virtual milliseconds. */
const longestMs = 600_000;

/**
 * Virtual time for processes that use real servers. It stands still until the servers have answered, so that results do
 * not depend on their speed: neither an idle second nor a slow answer takes virtual time.
 */
export class PacedTime {
  readonly #time = new VirtualTime();
  readonly #unanswered = new Set<Promise<void>>();
  #processes = 0;

  /** Virtual milliseconds since the start. */
  get now(): number {
    return this.#time.now;
  }

  /** @returns the clocks and timers of one process, which can be paused and killed. */
  process(name: string, wallClockOffsetMs = 0): SimulatedProcess {
    return new SimulatedProcess({
      name: `${name}-${randomUUID()}`, // unique among the tests on the same servers
      time: this.#time,
      random: randomStream(++this.#processes),
      clockRate: 1,
      wallClockOffsetMs,
      onUncaught: (error) => {
        throw error;
      },
    });
  }

  /** Makes time wait for every promise that the methods return. The process sees the results as it sees its timers. */
  ask<T extends object>(server: T, process: SimulatedProcess): T {
    return new Proxy(server, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(member, target, args);
          return result instanceof Promise ? this.#answer(result, process) : result;
        };
      },
    });
  }

  #answer<R>(answer: Promise<R>, process: SimulatedProcess): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waitFor(
        answer.then(
          (value) => process.deliver(() => resolve(value)),
          (error) => process.deliver(() => reject(error)),
        ),
      );
    });
  }

  /** Makes time wait for another promise. */
  waitFor(until: Promise<void>): void {
    const unanswered = until.finally(() => this.#unanswered.delete(unanswered));
    this.#unanswered.add(unanswered);
  }

  /** Calls `run` after this much virtual time. */
  after(delayMs: number, run: () => void): void {
    this.#time.after(delayMs, run);
  }

  /** Lets this much time pass. @param look called after each time at which something happened. */
  async pass(ms: number, look: () => void = () => {}): Promise<void> {
    for (const end = this.now + ms; await this.#toNextEvent(end); ) {
      await this.#answered();
      look();
    }
  }

  /** Lets time pass until `look` returns a value. @throws after ten virtual minutes. */
  async until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
    for (const end = this.now + longestMs; ; ) {
      await this.#answered();
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
      if (!(await this.#toNextEvent(end))) throw new Error(`not within ${longestMs} ms of virtual time: ${what}`);
    }
  }

  /** Lets time pass until the promise settles. @returns its value. */
  async while<T>(what: string, promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settling = promise.finally(() => {
      isSettled = true;
    });
    settling.catch(() => {});
    await this.until(what, () => isSettled);
    return settling;
  }

  /** Advances to the next event. @returns false if there is none before `end`. */
  async #toNextEvent(end: number): Promise<boolean> {
    await this.#answered();
    let happened = false;
    await this.#time.pass(end - this.now, () => {
      happened = true;
      return true;
    });
    return happened;
  }

  /** Waits until every process waits only for time. */
  async #answered(): Promise<void> {
    do {
      await Promise.all(this.#unanswered);
      await settled();
    } while (this.#unanswered.size > 0);
  }
}
