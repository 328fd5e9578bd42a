import type { Replied } from './client.ts';
import { Expiring } from './deadlines.ts';
import type { Runtime } from './runtime.ts';

/** Receives the end of a request before its caller does. */
export interface RequestObserver {
  /** Redis or the connection replied or failed, in time or too late. */
  onReply(server: string): void;
  /** A request timed out. @returns the error for its caller. */
  onTimeout(server: string): Error;
  /** The request is settled; its caller is called next. */
  onSettled(request: Request): void;
}

/** A script sent to Redis, with a timeout. Late replies are dropped. */
export class Request extends Expiring {
  /** When it times out, on the monotonic clock. */
  override readonly dueAt: number;
  /** The server of a cluster to which it was sent; '' for a single one. */
  readonly #server: string;
  readonly #runtime: Runtime;
  readonly #observer: RequestObserver;
  readonly #answered: Replied;
  readonly #isWanted: () => boolean;
  #pending = true;

  constructor(
    runtime: Runtime,
    observer: RequestObserver,
    server: string,
    dueAt: number,
    answered: Replied,
    isWanted: () => boolean,
  ) {
    super();
    this.#server = server;
    this.dueAt = dueAt;
    this.#runtime = runtime;
    this.#observer = observer;
    this.#answered = answered;
    this.#isWanted = isWanted;
  }

  /** True while its caller still needs the result. */
  get wanted(): boolean {
    return this.#pending && this.#isWanted();
  }

  /** After a stall of this process, timers run before the replies that arrived in time are read. */
  override onDue(): void {
    this.#runtime.setImmediate(() => {
      if (this.#pending) this.#settle(this.#observer.onTimeout(this.#server), undefined);
    });
  }

  /** @param error from Redis or from the connection, instead of a reply. */
  settle(error: Error | undefined, reply: unknown): void {
    this.#observer.onReply(this.#server);
    if (this.#pending) this.#settle(error, reply);
  }

  #settle(error: Error | undefined, reply: unknown): void {
    this.#pending = false;
    this.#observer.onSettled(this);
    this.#answered(error, reply);
  }
}

/** Redis did not answer in time. The request may still take effect. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}
