/** The pause before a refused subscription is tried again, in milliseconds; doubled each time. */
const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** A subscription that a server may refuse, by its ACL: it is then tried again, less and less often. */
export class AcceptedSubscription {
  readonly #subscribe: () => Promise<unknown>;
  /** True while a refusal is the server's: without a connection, the client's next one subscribes. */
  readonly #isReady: () => boolean;
  readonly #onUp: () => void;
  #retry: NodeJS.Timeout | undefined;

  constructor(subscribe: () => Promise<unknown>, isReady: () => boolean, onUp: () => void) {
    this.#subscribe = subscribe;
    this.#isReady = isReady;
    this.#onUp = onUp;
  }

  try(retryMs = firstRetryMs): void {
    this.#subscribe().then(this.#onUp, () => {
      this.cancel();
      if (!this.#isReady()) return;
      this.#retry = setTimeout(() => this.try(Math.min(2 * retryMs, longestRetryMs)), retryMs).unref();
    });
  }

  cancel(): void {
    clearTimeout(this.#retry);
  }
}
