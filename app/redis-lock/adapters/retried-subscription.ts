/** The pause before a refused subscription is tried again, in milliseconds; doubled each time. */
const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** Subscribes, and tries again less and less often while the server refuses, as by its ACL. */
export class RetriedSubscription {
  readonly #subscribe: () => Promise<unknown>;
  /** True while connected: a refusal then came from the server. Without a connection, the next one subscribes. */
  readonly #isReady: () => boolean;
  readonly #onUp: () => void;
  #retry: NodeJS.Timeout | undefined;

  constructor(subscribe: () => Promise<unknown>, isReady: () => boolean, onUp: () => void) {
    this.#subscribe = subscribe;
    this.#isReady = isReady;
    this.#onUp = onUp;
  }

  subscribe(retryMs = firstRetryMs): void {
    this.#subscribe().then(this.#onUp, () => {
      if (this.#isReady()) this.subscribeLater(retryMs);
    });
  }

  subscribeLater(retryMs = firstRetryMs): void {
    this.cancelRetry();
    this.#retry = setTimeout(() => this.subscribe(Math.min(2 * retryMs, longestRetryMs)), retryMs).unref();
  }

  cancelRetry(): void {
    clearTimeout(this.#retry);
  }
}
