import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Redis } from 'ioredis';
import type { LockKeys } from './keys.ts';
import { scripts } from './script.ts';
import { inFull, ScriptCommand } from './script-command.ts';

/** A lock, or a place in its queue, that an id gives up. */
interface GiveUp {
  readonly keys: LockKeys;
  readonly id: string;
  /** For the script: the caller's clock in microseconds, or '' for the node's own. */
  readonly now: string;
  /** When it has come to nothing by itself, on the monotonic clock. */
  readonly until: number;
}

/** The longest pause between two looks whether a lost connection is back, in ms. */
const lookInMs = 200;

/**
 * What is given up without waiting for it. Where the connection is lost it is said again when it is back, until the TTL is
 * over: the request that it undoes may still arrive.
 */
export class GiveUps {
  readonly #redis: Redis;
  readonly #unsaid = new Set<GiveUp>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  add(keys: LockKeys, id: string, now: string, ttlMs: number): void {
    this.#say({ keys, id, now, until: performance.now() + ttlMs });
  }

  /** Resolves when all of it is said, or after `withinMs`: the TTLs end what is left. */
  async close(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.#unsaid.size > 0 && performance.now() < deadline) {
      await sleep(10);
      this.#sayAgain();
    }
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unsaid.clear();
  }

  #say(giveUp: GiveUp): void {
    const { keys, id, now } = giveUp;
    const args = now === '' ? [id] : [id, now];
    const unsaid = (): void => this.#sayLater(giveUp);
    this.#send(new ScriptCommand(scripts.release, keys, args)).catch((error: Error) => {
      if (error.message.startsWith('NOSCRIPT')) this.#send(inFull(scripts.release, keys, args)).catch(unsaid);
      else unsaid();
    });
  }

  #sayLater(giveUp: GiveUp): void {
    if (this.#closed) return;
    this.#unsaid.add(giveUp);
    this.#timer ??= setTimeout(() => this.#sayAgain(), lookInMs * (0.5 + Math.random() / 2)).unref();
  }

  #sayAgain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const isBack = this.#redis.status === 'ready';
    for (const giveUp of [...this.#unsaid]) {
      this.#unsaid.delete(giveUp);
      if (giveUp.until < performance.now()) continue;
      if (isBack) this.#say(giveUp);
      else this.#sayLater(giveUp);
    }
  }

  #send(command: Command): Promise<unknown> {
    return this.#redis.sendCommand(command) as Promise<unknown>;
  }
}
