import { Command, type Redis } from 'ioredis';
import type { LockKeys } from './keys.ts';
import { type Script, scripts } from './script.ts';
import { TimeoutError } from './timing.ts';

/** News of a lock that was handed on to one of this client's claims. */
export interface Grant {
  readonly id: string;
  readonly lastToken: number;
  /** When, by the Redis's clock, in microseconds. */
  readonly micros: number;
  readonly key: string;
}

export interface LockNodeOptions {
  /** How long one command may take. */
  readonly timeoutMs: number;
  /** On which this Redis publishes grants to us. */
  readonly channel: string;
  readonly onGrant: (grant: Grant) => void;
  /** From now on grants are heard. What was published before is lost. */
  readonly onListening: () => void;
}

/** Called once: with Redis's reply, or with what kept it from replying in time. */
export type Answered = (error: Error | undefined, reply: unknown) => void;

/** One Redis, as the lock uses it: scripts with a time limit each, and the channel on which it hears of grants. */
export class LockNode {
  /** Whether grants are heard at the moment. Nobody may queue before: Redis skips whoever does not listen. */
  listening = false;
  readonly #redis: Redis;
  readonly #options: LockNodeOptions;
  #subscriber: Redis | undefined;
  /** Since when, on the monotonic clock, a command is without its answer for longer than it may be. */
  #silentSince: number | undefined;
  #closed = false;

  /** @throws {TypeError} for a connection with a key prefix: the keys of one lock would lie in different slots. */
  constructor(redis: Redis, options: LockNodeOptions) {
    if (redis.options.keyPrefix) {
      throw new TypeError('a lock needs a connection without keyPrefix: put the prefix into the keys instead');
    }
    this.#redis = redis;
    this.#options = options;
  }

  /** Another one after a reconnect: what was known of the Redis's clock may be another Redis's by then. */
  get connection(): unknown {
    return this.#redis.stream;
  }

  /**
   * Runs a script and calls `answered` within the time limit; a reply that comes later is ignored.
   *
   * @param wanted whether it is still to be sent when Redis turns out not to know the script yet.
   * @returns false, and does not call `answered`, where Redis was not asked at all: one that is silent is spared, as it
   *   would answer to everything at once when it thaws.
   */
  run(script: Script, keys: LockKeys, args: readonly string[], answered: Answered, wanted = () => true): boolean {
    const { timeoutMs } = this.#options;
    if (this.#silentSince !== undefined) {
      const now = performance.now();
      if (now - this.#silentSince < timeoutMs) return false;
      this.#silentSince = now; // now and then one is asked whether it is back
    }
    let pending = true;
    const timer = setTimeout(() => {
      pending = false;
      this.#silentSince ??= performance.now();
      answered(new TimeoutError(`Redis did not answer within ${timeoutMs} ms`), undefined);
    }, timeoutMs);
    this.#send(
      script,
      keys,
      args,
      (error, reply) => {
        this.#silentSince = undefined;
        if (!pending) return;
        pending = false;
        clearTimeout(timer);
        answered(error, reply);
      },
      () => pending && wanted(),
    );
    return true;
  }

  /**
   * Gives up an id's lock and its place in the queue, without waiting for it. Where the connection is lost it is said
   * again, until the id's TTL is over: the request that it undoes may still arrive.
   */
  giveUp(keys: LockKeys, id: string, now: string, ttlMs: number): void {
    const until = performance.now() + ttlMs;
    const attempt = (): void =>
      this.#send(scripts.release, keys, [id, now], (error) => {
        if (!error || this.#closed || performance.now() > until) return;
        setTimeout(attempt, 100 + Math.random() * 100).unref();
      });
    attempt();
  }

  /** Sends a script by its digest and, where Redis does not know it (yet, or any more), once more in full. */
  #send(script: Script, keys: LockKeys, args: readonly string[], answered: Answered, wanted = () => true): void {
    // By hand: ioredis's own evalsha() costs a tenth of the round trip.
    const send = (name: string, text: string): Promise<unknown> =>
      this.#redis.sendCommand(
        new Command(name, [text, '3', ...keys, ...args], { replyEncoding: 'utf8' }),
      ) as Promise<unknown>;
    const ok = (reply: unknown): void => answered(undefined, reply);
    send('evalsha', script.sha1).then(ok, (error: Error) => {
      if (!error.message.startsWith('NOSCRIPT') || !wanted()) return answered(error, undefined);
      send('eval', script.source).then(ok, (failed: Error) => answered(failed, undefined));
    });
  }

  /** Opens the connection on which grants are heard. It comes back by itself whenever it is lost, until the close. */
  listen(): void {
    if (this.#subscriber || this.#closed) return;
    const subscriber = this.#redis.duplicate({ autoResubscribe: false, lazyConnect: false, connectionName: 'lock' });
    this.#subscriber = subscriber;
    subscriber.on('error', () => {}); // the other connection to the same Redis tells
    subscriber.on('close', () => {
      this.listening = false;
    });
    subscriber.on('ready', () => {
      subscriber.subscribe(this.#options.channel).then(
        () => {
          this.listening = true;
          this.#options.onListening();
        },
        () => subscriber.disconnect(true),
      );
    });
    subscriber.on('message', (_channel: string, message: string) => {
      const [id, lastToken, micros, ...key] = message.split(' ');
      if (id) this.#options.onGrant({ id, lastToken: Number(lastToken), micros: Number(micros), key: key.join(' ') });
    });
  }

  close(): void {
    this.#closed = true;
    this.listening = false;
    this.#subscriber?.disconnect();
  }
}
