import type { LockClient } from './client.ts';
import type { LockKeys } from './keys.ts';
import type { Runtime, Timer } from './runtime.ts';
import { scripts } from './script.ts';

/** A lock, or a place in its queue, that is released. */
interface PendingRelease {
  readonly keys: LockKeys;
  readonly id: string;
  /** When the TTL has ended it anyway, on the monotonic clock. */
  readonly until: number;
}

/** The longest interval between two checks for a restored connection, in ms. */
const retryMs = 200;

/**
 * Releases that no caller waits for. After a lost connection they are sent again once it is back, until the TTL is
 * over: the request that they undo may still take effect.
 */
export class PendingReleases {
  readonly #client: LockClient;
  readonly #runtime: Runtime;
  /** The time for the script in microseconds, or '' for the node's own clock. */
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

  /** Resolves when all releases are sent, or after `withinMs`: the TTLs end the rest. */
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
