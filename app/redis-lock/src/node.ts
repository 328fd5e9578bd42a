import type { LockClient } from './client.ts';
import type { Deadlines } from './deadlines.ts';
import { GrantNotifications, type GrantNotificationsOptions } from './grant-notifications.ts';
import type { LockKeys } from './keys.ts';
import { PendingReleases } from './pending-releases.ts';
import { type Answered, Request, type RequestObserver, TimeoutError } from './request.ts';
import type { Runtime } from './runtime.ts';
import type { Script } from './script.ts';

export interface LockNodeOptions extends GrantNotificationsOptions {
  /** How long one command may take. */
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
  readonly runtime: Runtime;
  /** The clock for scripts: in microseconds, or '' for the node's own. */
  readonly clock: () => string;
}

/** One Redis, as the lock uses it: scripts with a time limit each, and news of grants. */
export class LockNode implements RequestObserver {
  readonly #client: LockClient;
  readonly #options: LockNodeOptions;
  readonly #pendingReleases: PendingReleases;
  #notifications: GrantNotifications | undefined;
  /** Since when, on the monotonic clock, a command is without its answer for longer than it may be. */
  #silentSince: number | undefined;
  #closed = false;
  /** Number of requests in flight. */
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(client: LockClient, options: LockNodeOptions) {
    this.#client = client;
    this.#pendingReleases = new PendingReleases(client, options.runtime, options.clock);
    this.#options = options;
  }

  /** Whether a request has a chance to arrive. */
  get isConnected(): boolean {
    return this.#client.isConnected;
  }

  /** Whether grants are heard; see {@link GrantNotifications}. */
  get listening(): boolean {
    return this.#notifications?.listening ?? false;
  }

  /** Opens the connection on which grants are heard, once. */
  listen(): void {
    if (!this.#closed) this.#notifications ??= new GrantNotifications(this.#client, this.#options);
  }

  /**
   * Runs a script and calls `answered` within the time limit; a reply that comes later is ignored.
   *
   * @param isWanted whether it is still to be sent when Redis turns out not to know the script yet.
   * @param onUndelivered called when the connection is lost, also after the time limit: Redis may never hear of it.
   * @returns false, and does not call `answered`, where Redis was not asked at all: one that is silent is spared, as it
   *   would answer to everything at once when it thaws.
   */
  run(
    script: Script,
    keys: LockKeys,
    args: readonly string[],
    answered: Answered,
    { isWanted = always, onUndelivered = ignore }: RunOptions = whatever,
  ): boolean {
    const { timeoutMs, deadlines, runtime } = this.#options;
    const now = runtime.now();
    if (this.#silentSince !== undefined) {
      if (now - this.#silentSince < timeoutMs) return false;
      this.#silentSince = now; // now and then one is asked whether it is back
    }
    const request = new Request(this, now + timeoutMs, answered, isWanted);
    deadlines.add(request);
    this.#inFlight += 1;
    this.#client.runScript(
      script,
      keys,
      args,
      (error, reply) => {
        request.settle(error, reply);
        if (error) onUndelivered();
      },
      () => request.wanted,
    );
    return true;
  }

  onReply(): void {
    this.#silentSince = undefined;
  }

  onTimeout(): Error {
    this.#silentSince ??= this.#options.runtime.now();
    return new TimeoutError(`Redis did not answer within ${this.#options.timeoutMs} ms`);
  }

  onSettled(request: Request): void {
    this.#options.deadlines.remove(request);
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** Gives up an id's lock and its place in the queue; see {@link PendingReleases}. */
  releaseInBackground(keys: LockKeys, id: string, ttlMs: number): void {
    this.#pendingReleases.add(keys, id, ttlMs);
  }

  /** Hears of no more grants; resolves when every request under way is answered, or its time over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#notifications?.close();
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#pendingReleases.close(this.#options.timeoutMs);
  }
}

interface RunOptions {
  readonly isWanted?: () => boolean;
  readonly onUndelivered?: () => void;
}

const whatever: RunOptions = {};
const always = (): boolean => true;
const ignore = (): void => {};
