import { randomUUID } from 'node:crypto';
import { randomStream } from '../redis-lock/simulation/random.ts';
import { SimulatedProcess } from '../redis-lock/simulation/simulated-process.ts';
import { settled, VirtualTime } from '../redis-lock/simulation/virtual-time.ts';

/** More than anything takes that is waited for, in virtual milliseconds. */
const longestMs = 600_000;

/**
 * Virtual time for processes that use real servers. It stands still until the servers have answered, so that nothing
 * depends on how fast they are: an idle second takes no time, and neither does a slow answer.
 */
export class PacedTime {
  readonly #time = new VirtualTime();
  readonly #unanswered = new Set<Promise<void>>();
  #processes = 0;

  /** In milliseconds since it began. */
  get now(): number {
    return this.#time.now;
  }

  /** @returns clocks and timers that can be paused and killed, for one process. */
  process(name: string, wallClockOffsetMs = 0): SimulatedProcess {
    return new SimulatedProcess({
      name: `${name}-${randomUUID()}`, // other tests use the same servers
      time: this.#time,
      random: randomStream(++this.#processes),
      clockRate: 1,
      wallClockOffsetMs,
      onUncaught: (error) => {
        throw error;
      },
    });
  }

  /** Has time wait for every promise that a method returns, and the process hear of it as it does of its timers. */
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
      this.standStill(
        answer.then(
          (value) => process.deliver(() => resolve(value)),
          (error) => process.deliver(() => reject(error)),
        ),
      );
    });
  }

  /** Has time wait for something else. */
  standStill(until: Promise<void>): void {
    const unanswered = until.finally(() => this.#unanswered.delete(unanswered));
    this.#unanswered.add(unanswered);
  }

  /** Calls `run` when so much time has passed. */
  after(delayMs: number, run: () => void): void {
    this.#time.after(delayMs, run);
  }

  /** Lets so much time pass. @param look called after every moment at which something happened. */
  async pass(ms: number, look: () => void = () => {}): Promise<void> {
    for (const end = this.now + ms; await this.#toNextEvent(end); ) {
      await this.#answered();
      look();
    }
  }

  /** Lets time pass until `look` returns something. @throws after ten virtual minutes. */
  async until<T>(what: string, look: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
    for (const end = this.now + longestMs; ; ) {
      await this.#answered();
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
      if (!(await this.#toNextEvent(end))) throw new Error(`not within ${longestMs} ms of virtual time: ${what}`);
    }
  }

  /** Lets time pass until the promise is settled. @returns what it is settled with. */
  async while<T>(what: string, promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settling = promise.finally(() => {
      isSettled = true;
    });
    settling.catch(() => {});
    await this.until(what, () => isSettled);
    return settling;
  }

  /** @returns whether something happened before `end`; it is that moment now. */
  async #toNextEvent(end: number): Promise<boolean> {
    await this.#answered();
    let happened = false;
    await this.#time.pass(end - this.now, () => {
      happened = true;
      return true;
    });
    return happened;
  }

  /** Waits until every process waits for nothing but time. */
  async #answered(): Promise<void> {
    do {
      await Promise.all(this.#unanswered);
      await settled();
    } while (this.#unanswered.size > 0);
  }
}
