import type { LockClient } from './client.ts';
import type { LockKeys } from './keys.ts';
import type { Runtime, Timer } from './runtime.ts';
import { scripts, trimmed } from './script.ts';

/** A lock, or a place in its queue, that is released. */
interface PendingRelease {
  readonly keys: LockKeys;
  readonly id: string;
  /** When the TTL has ended it anyway, on the monotonic clock. */
  readonly until: number;
}

/** The longest pause before the first retry, in ms; doubled while the node refuses, up to {@link longestRetryMs}. */
const firstRetryMs = 200;
const longestRetryMs = 800;

/**
 * Releases that no caller waits for. After a lost connection they are sent again once it is back, until the TTL is
 * over: the request that they undo may still take effect. One of them finds out whether the node takes requests again;
 * the others follow. A node that is full, or a replica, would get thousands of requests a second otherwise.
 */
export class PendingReleases {
  readonly #client: LockClient;
  readonly #runtime: Runtime;
  /** The time for the script in microseconds, or '' for the node's own clock. */
  readonly #clock: () => string;
  readonly #pending = new Set<PendingRelease>();
  /** Number of releases in flight. */
  #inFlight = 0;
  #timer: Timer | undefined;
  #retryMs = firstRetryMs;
  #isTrying = false;
  #closed = false;

  constructor(client: LockClient, runtime: Runtime, clock: () => string) {
    this.#client = client;
    this.#runtime = runtime;
    this.#clock = clock;
  }

  add(keys: LockKeys, id: string, ttlMs: number): void {
    this.#send({ keys, id, until: this.#runtime.now() + ttlMs });
  }

  /**
   * Sends what is pending. Resolves when all is answered, or after `withinMs`, or once the client is closed: TTLs end what
   * is left.
   */
  async close(withinMs: number): Promise<void> {
    const runtime = this.#runtime;
    const deadline = runtime.now() + withinMs;
    const isUnfinished = (): boolean => this.#pending.size + this.#inFlight > 0 && !this.#client.isClosed;
    while (isUnfinished() && runtime.now() < deadline) {
      await new Promise<void>((resolve) => runtime.setTimer(resolve, 10));
      if (this.#client.isConnected) this.#tryOne();
    }
    if (this.#client.isConnected) this.#sendAll(); // the one that was tried may be unanswered
    this.#closed = true;
    this.#runtime.clearTimer(this.#timer);
    this.#pending.clear();
  }

  #send(release: PendingRelease, onAnswer?: (error: Error | undefined) => void): void {
    const { keys, id } = release;
    this.#inFlight += 1;
    this.#client.runScript(
      scripts.release,
      keys,
      trimmed(id, this.#clock()),
      (error) => {
        this.#inFlight -= 1;
        onAnswer?.(error);
        if (error && !this.#closed && !isHopeless(error)) this.#sendLater(release);
      },
      () => this.#runtime.now() < release.until,
    );
  }

  #sendLater(release: PendingRelease): void {
    this.#pending.add(release);
    const runtime = this.#runtime;
    this.#timer ??= runtime.setBackgroundTimer(() => this.#tryOne(), this.#retryMs * (0.5 + runtime.random() / 2));
  }

  /** Sends one release, and the others once it is answered. */
  #tryOne(): void {
    this.#runtime.clearTimer(this.#timer);
    this.#timer = undefined;
    const now = this.#runtime.now();
    for (const release of this.#pending) if (release.until < now) this.#pending.delete(release);
    const [first] = this.#pending;
    if (!first || this.#isTrying) return;
    this.#pending.delete(first);
    if (!this.#client.isConnected) {
      this.#sendLater(first);
      return;
    }
    this.#isTrying = true;
    this.#send(first, (error) => {
      this.#isTrying = false;
      if (error && !isHopeless(error)) {
        this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
        return;
      }
      this.#retryMs = firstRetryMs;
      this.#sendAll();
    });
  }

  #sendAll(): void {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const release of pending) this.#send(release);
  }
}

/** The key is not a lock's, or the caller may not use it: there is nothing to release. */
function isHopeless({ message }: Error): boolean {
  return /WRONGTYPE|NOPERM/.test(message);
}
