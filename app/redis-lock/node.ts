import type { Command, Redis } from 'ioredis';
import type { Deadlines } from './deadlines.ts';
import { GiveUps } from './give-ups.ts';
import { Grants, type GrantsOptions } from './grants.ts';
import type { LockKeys } from './keys.ts';
import { type Answered, Request, type Sender } from './request.ts';
import type { Script } from './script.ts';
import { inFull, ScriptCommand } from './script-command.ts';
import { TimeoutError } from './timing.ts';

export interface LockNodeOptions extends GrantsOptions {
  /** How long one command may take. */
  readonly timeoutMs: number;
  readonly deadlines: Deadlines;
}

/** One Redis, as the lock uses it: scripts with a time limit each, and news of grants. */
export class LockNode implements Sender {
  readonly #redis: Redis;
  readonly #options: LockNodeOptions;
  readonly #giveUps: GiveUps;
  #grants: Grants | undefined;
  /** Since when, on the monotonic clock, a command is without its answer for longer than it may be. */
  #silentSince: number | undefined;
  #closed = false;
  /** How many requests are. */
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  /** @throws {TypeError} for a connection with a key prefix: the keys of one lock would lie in different slots. */
  constructor(redis: Redis, options: LockNodeOptions) {
    if (redis.options.keyPrefix) {
      throw new TypeError('a lock needs a connection without keyPrefix: put the prefix into the keys instead');
    }
    this.#redis = redis;
    this.#giveUps = new GiveUps(redis);
    this.#options = options;
  }

  /** Another one after a reconnect: what was known of the Redis's clock may be another Redis's by then. */
  get connection(): unknown {
    return this.#redis.stream;
  }

  /** Whether grants are heard; see {@link Grants}. */
  get listening(): boolean {
    return this.#grants?.listening ?? false;
  }

  /** Opens the connection on which grants are heard, once. */
  listen(): void {
    if (!this.#closed) this.#grants ??= new Grants(this.#redis, this.#options);
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
    const { timeoutMs, deadlines } = this.#options;
    const now = performance.now();
    if (this.#silentSince !== undefined) {
      if (now - this.#silentSince < timeoutMs) return false;
      this.#silentSince = now; // now and then one is asked whether it is back
    }
    const request = new Request(this, now + timeoutMs, answered, isWanted);
    deadlines.add(request);
    this.#underWay += 1;
    this.#send(new ScriptCommand(script, keys, args)).then(
      (reply) => request.settle(undefined, reply),
      (error: Error) => {
        const failed = (reason: Error): void => {
          request.settle(reason, undefined);
          onUndelivered();
        };
        if (!isUnknownScript(error) || !request.wanted) return failed(error);
        this.#send(inFull(script, keys, args)).then((reply) => request.settle(undefined, reply), failed);
      },
    );
    return true;
  }

  onReply(): void {
    this.#silentSince = undefined;
  }

  onSilence(): Error {
    this.#silentSince ??= performance.now();
    return new TimeoutError(`Redis did not answer within ${this.#options.timeoutMs} ms`);
  }

  onSettled(request: Request): void {
    this.#options.deadlines.remove(request);
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onIdle?.();
  }

  /** Gives up an id's lock and its place in the queue; see {@link GiveUps}. */
  giveUp(keys: LockKeys, id: string, now: string, ttlMs: number): void {
    this.#giveUps.add(keys, id, now, ttlMs);
  }

  /** Hears of no more grants; resolves when every request under way is answered, or its time over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#grants?.close();
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#giveUps.close(this.#options.timeoutMs);
  }

  /** Under load, what one turn of the event loop has to send goes out in one write: each costs more than its command. */
  #send(command: Command): Promise<unknown> {
    const { stream } = this.#redis;
    if (this.#underWay > 1 && stream?.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return this.#redis.sendCommand(command) as Promise<unknown>;
  }
}

interface RunOptions {
  readonly isWanted?: () => boolean;
  readonly onUndelivered?: () => void;
}

const whatever: RunOptions = {};
const always = (): boolean => true;
const ignore = (): void => {};

/** Redis does not know the script by its digest: it has not seen it yet, or was restarted or told to forget. */
function isUnknownScript(error: Error): boolean {
  return error.message.startsWith('NOSCRIPT');
}
