import type { Expiring } from './deadlines.ts';

/** Called once: with Redis's reply, or with what kept it from replying in time. */
export type Answered = (error: Error | undefined, reply: unknown) => void;

/** Who sent a request hears first how it ended. */
export interface RequestObserver {
  /** Redis has replied, in time or too late, or said that it cannot. */
  onReply(): void;
  /** A request's time is over. @returns how to call that. */
  onTimeout(): Error;
  /** Whoever asked is about to be told, one way or the other. */
  onSettled(request: Request): void;
}

/** One script that Redis was asked to run: answered within its time, or never. */
export class Request implements Expiring {
  readonly dueAt: number;
  readonly #observer: RequestObserver;
  readonly #answered: Answered;
  readonly #isWanted: () => boolean;
  #pending = true;

  constructor(observer: RequestObserver, dueAt: number, answered: Answered, isWanted: () => boolean) {
    this.dueAt = dueAt;
    this.#observer = observer;
    this.#answered = answered;
    this.#isWanted = isWanted;
  }

  /** Whether it is still of use to whoever asked. */
  get wanted(): boolean {
    return this.#pending && this.#isWanted();
  }

  onDue(): void {
    this.#settle(this.#observer.onTimeout(), undefined);
  }

  /** @param error what Redis or the connection to it said instead of a reply. */
  settle(error: Error | undefined, reply: unknown): void {
    this.#observer.onReply();
    if (this.#pending) this.#settle(error, reply);
  }

  #settle(error: Error | undefined, reply: unknown): void {
    this.#pending = false;
    this.#observer.onSettled(this);
    this.#answered(error, reply);
  }
}

/** Redis did not answer in time. What it was asked for may still happen. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}
