import type { KeyCommand, LockClient, Replied } from './client.ts';
import { ConditionalDelete, isRefusal } from './conditional-delete.ts';
import type { Deadlines } from './deadlines.ts';
import { GrantNotifications, type GrantNotificationsOptions } from './grant-notifications.ts';
import type { LockKeys } from './keys.ts';
import { PendingReleases } from './pending-releases.ts';
import { Request, type RequestObserver, TimeoutError } from './request.ts';
import { type Script, scripts, trimmed } from './script.ts';

export interface LockNodeOptions extends GrantNotificationsOptions {
  /** The timeout of one command. */
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
  /** The time for scripts in microseconds, or '' for the node's own clock. */
  readonly clock: () => string;
}

/** One Redis server or cluster, as the lock uses it: scripts and commands with a timeout, and grant notifications. */
export class LockNode implements RequestObserver {
  readonly #client: LockClient;
  readonly #options: LockNodeOptions;
  /** By server: '' for a single one. */
  readonly #pendingReleases = new Map<string, PendingReleases>();
  readonly #conditionalDelete: ConditionalDelete;
  readonly #notifications: GrantNotifications;
  /** For each silent server: when a command first timed out without a reply since then, on the monotonic clock. */
  readonly #silentSince = new Map<string, number>();
  #closed = false;
  /** Number of requests in flight. */
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  constructor(client: LockClient, options: LockNodeOptions) {
    this.#client = client;
    this.#conditionalDelete = new ConditionalDelete(client);
    this.#notifications = new GrantNotifications(client, options);
    this.#options = options;
  }

  /** True while a request can arrive. */
  get isConnected(): boolean {
    return this.#client.isConnected;
  }

  /** @returns true while grant notifications about this lock arrive. */
  isListening(keys: LockKeys): boolean {
    return this.#notifications.isListening(keys);
  }

  /** Opens the subscription for notifications about this lock, until {@link leave}. */
  listen(keys: LockKeys): void {
    if (!this.#closed && !this.#client.isClosed) this.#notifications.listen(keys);
  }

  leave(keys: LockKeys): void {
    // To a subscriber, Redis would grant the lock for a whole TTL, although nothing can release it any more.
    if (this.#client.isClosed) this.#notifications.close();
    else this.#notifications.leave(keys);
  }

  /**
   * Runs a script and calls `answered` within the timeout. A later reply is ignored.
   *
   * @param isWanted checked before the script is sent again, in full, to a server that does not have it cached.
   * @param onUndelivered called when the connection is lost, also after the timeout: the request may never arrive.
   * @returns false, without calling `answered`, if nothing was sent. A node that does not answer gets one request per
   *   timeout: a frozen server runs everything that it received as soon as it thaws.
   */
  run(
    script: Script,
    keys: LockKeys,
    args: readonly string[],
    answered: Replied,
    { isWanted = always, onUndelivered = ignore }: RunOptions = noOptions,
  ): boolean {
    const request = this.#begin(keys.lock, answered, isWanted);
    if (!request) return false;
    this.#client.runScript(
      script,
      keys,
      args,
      (error, reply) => {
        request.settle(error && explained(error), reply);
        if (error) onUndelivered();
      },
      () => request.wanted,
    );
    return true;
  }

  /** Runs a command on one key, as {@link run} does a script. */
  runCommand(command: KeyCommand, answered: Replied, isWanted: () => boolean = always): boolean {
    const request = this.#begin(command[1], answered, isWanted);
    if (!request) return false;
    this.#client.runCommand(
      command,
      (error, reply) => request.settle(error && explained(error), reply),
      () => request.wanted,
    );
    return true;
  }

  /** @returns undefined if the key's server is silent and was asked within the last timeout. */
  #begin(key: string, answered: Replied, isWanted: () => boolean): Request | undefined {
    const { timeoutMs, deadlines, runtime } = this.#options;
    const now = runtime.now();
    const server = this.#serverOf(key);
    const silentSince = this.#silentSince.size > 0 ? this.#silentSince.get(server) : undefined;
    if (silentSince !== undefined) {
      if (now - silentSince < timeoutMs) return undefined;
      this.#silentSince.set(server, now); // one request per timeout finds out if it is back
    }
    const request = new Request(runtime, this, server, now + timeoutMs, answered, isWanted);
    deadlines.add(request);
    this.#inFlight += 1;
    return request;
  }

  #serverOf(key: string): string {
    return this.#client.serverOf?.(key) ?? '';
  }

  onReply(server: string): void {
    if (this.#silentSince.size > 0) this.#silentSince.delete(server);
  }

  onTimeout(server: string): Error {
    if (!this.#silentSince.has(server)) this.#silentSince.set(server, this.#options.runtime.now());
    return new TimeoutError(`Redis did not answer within ${this.#options.timeoutMs} ms`);
  }

  onSettled(request: Request): void {
    this.#options.deadlines.remove(request);
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /**
   * Releases an id's lock. What is not delivered is sent again in the background.
   *
   * @param ttlMs the TTL after which it is gone anyway.
   * @param isUncontended true if the lock probably has no waiters.
   * @param clock the time for the script.
   * @param done called once: true if the id held it until now, false otherwise or without an answer.
   */
  release(
    keys: LockKeys,
    id: string,
    ttlMs: number,
    isUncontended: boolean,
    clock: string,
    done: (wasHeld: boolean) => void,
  ): void {
    const command = isUncontended ? this.#conditionalDelete.command(keys.lock, id) : undefined;
    if (!command) {
      this.#releaseByScript(keys, id, ttlMs, clock, done);
      return;
    }
    const deleted: Replied = (error, reply) => {
      if (error && isRefusal(error)) this.#conditionalDelete.forget();
      if (error && !isRefusal(error)) {
        this.releaseInBackground(keys, id, ttlMs); // also after a timeout: the command frees no lock that has waiters
        done(false);
      } else if (Number(reply) === 1) done(true);
      else this.#releaseByScript(keys, id, ttlMs, clock, done); // it has waiters by now, or it is gone
    };
    if (!this.runCommand(command, deleted)) this.#releaseByScript(keys, id, ttlMs, clock, done);
  }

  #releaseByScript(keys: LockKeys, id: string, ttlMs: number, clock: string, done: (wasHeld: boolean) => void): void {
    const answered: Replied = (_error, reply) => done(Number(reply) === 1);
    const onUndelivered = (): void => this.releaseInBackground(keys, id, ttlMs);
    if (this.run(scripts.release, keys, trimmed(id, clock), answered, { onUndelivered })) return;
    onUndelivered();
    done(false);
  }

  /** Releases an id's lock or its place in the queue without waiting for the answer; see {@link PendingReleases}. */
  releaseInBackground(keys: LockKeys, id: string, ttlMs: number): void {
    const { runtime, clock } = this.#options;
    const server = this.#serverOf(keys.lock);
    let releases = this.#pendingReleases.get(server);
    if (!releases) {
      releases = new PendingReleases(this.#client, runtime, clock);
      this.#pendingReleases.set(server, releases);
    }
    releases.add(keys, id, ttlMs);
  }

  /** Closes the subscription. Resolves when every request in flight is answered or has timed out. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#notifications.close();
    while (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const releases = [...this.#pendingReleases.values()];
    await Promise.all(releases.map((each) => each.close(this.#options.timeoutMs)));
  }
}

interface RunOptions {
  readonly isWanted?: () => boolean;
  readonly onUndelivered?: () => void;
}

/** @returns an error that says what to do, for one that does not. */
function explained(error: Error): Error {
  if (!error.message.startsWith('MOVED ')) return error;
  const text = 'the server belongs to a Redis Cluster, so the lock needs a client of that cluster';
  return new Error(`${text} (${error.message})`, { cause: error });
}

const noOptions: RunOptions = {};
const always = (): boolean => true;
const ignore = (): void => {};
