import type { LockClient } from './client.ts';
import type { LockKeys } from './keys.ts';
import type { Runtime, Timer } from './runtime.ts';
import { scripts } from './script.ts';

/** A lock, or a place in its queue, that an id gives up. */
interface PendingRelease {
  readonly keys: LockKeys;
  readonly id: string;
  /** When it has come to nothing by itself, on the monotonic clock. */
  readonly until: number;
}

/** The longest pause between two looks whether a lost connection is back, in ms. */
const retryMs = 200;

/**
 * What is given up without waiting for it. Where the connection is lost it is said again when it is back, until the TTL is
 * over: the request that it undoes may still arrive.
 */
export class PendingReleases {
  readonly #client: LockClient;
  readonly #runtime: Runtime;
  /** The clock for the script: in microseconds, or '' for the node's own. */
  readonly #clock: () => string;
  readonly #pending = new Set<PendingRelease>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(client: LockClient, runtime: Runtime, clock: () => string) {
    this.#client = client;
    this.#runtime = runtime;
    this.#clock = clock;
  }

  add(keys: LockKeys, id: string, ttlMs: number): void {
    this.#send({ keys, id, until: this.#runtime.now() + ttlMs });
  }

  /** Resolves when all of it is said, or after `withinMs`: the TTLs end what is left. */
  async close(withinMs: number): Promise<void> {
    const runtime = this.#runtime;
    const deadline = runtime.now() + withinMs;
    while (this.#pending.size > 0 && runtime.now() < deadline) {
      await new Promise<void>((resolve) => runtime.setTimer(resolve, 10));
      this.#sendPending();
    }
    this.#closed = true;
    this.#runtime.clearTimer(this.#timer);
    this.#pending.clear();
  }

  #send(release: PendingRelease): void {
    const { keys, id } = release;
    const clock = this.#clock();
    const args = clock === '' ? [id] : [id, clock];
    this.#client.runScript(
      scripts.release,
      keys,
      args,
      (error) => {
        if (error) this.#sendLater(release);
      },
      () => true,
    );
  }

  #sendLater(release: PendingRelease): void {
    if (this.#closed) return;
    this.#pending.add(release);
    const runtime = this.#runtime;
    this.#timer ??= runtime.setBackgroundTimer(() => this.#sendPending(), retryMs * (0.5 + runtime.random() / 2));
  }

  #sendPending(): void {
    this.#runtime.clearTimer(this.#timer);
    this.#timer = undefined;
    const isConnected = this.#client.isConnected;
    for (const release of [...this.#pending]) {
      this.#pending.delete(release);
      if (release.until < this.#runtime.now()) continue;
      if (isConnected) this.#send(release);
      else this.#sendLater(release);
    }
  }
}
