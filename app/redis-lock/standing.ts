import type { Grant } from './grants.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import type { Runtime } from './runtime.ts';
import { scripts } from './script.ts';
import { TimeoutError } from './timing.ts';

/** On whose behalf the nodes are asked. */
export interface Bidder {
  readonly id: string;
  readonly keys: LockKeys;
  readonly ttlMs: number;
  /** For the scripts: the caller's clock in microseconds, or '' for each node's own. */
  readonly now: string;
  /** Whether it queues where somebody else holds the lock. */
  readonly waits: boolean;
  /** Nothing is to be asked for it any more: it would queue, or be granted, for nobody. */
  readonly isOver: boolean;
  readonly runtime: Runtime;
  /** @returns for how long a grant with this TTL is good, less drift; both in milliseconds. */
  validityMs(ttlMs: number): number;
  /** A node has answered, or failed to. */
  onAnswer(): void;
}

/**
 * How things stand between one claim and one Redis. Times are in milliseconds, moments on the monotonic clock, and each
 * that counts is taken *before* the request was sent, so that a slow answer makes a lease shorter and never longer.
 */
export class Standing {
  readonly node: LockNode;
  /** Its last answer: `queued` and `busy` are somebody else's lock, with a place in the queue and without. */
  answer: 'asked' | 'granted' | 'queued' | 'busy' | 'failed' = 'asked';
  /** Whether it may know of the claim, so that it has to be told when the claim is given up. */
  told = false;
  /** Until when its grant is good. */
  validUntil = 0;
  /** The last of the fencing tokens that came with its grant. */
  lastToken = 0;
  /** How long somebody else holds the lock there, as it last said. */
  heldForMs = 0;
  /** What kept it from answering. */
  error: Error | undefined;
  readonly #bidder: Bidder;
  /** How many requests have been sent that set the TTL there. */
  #renewals = 0;
  #asks = 0;
  /** The last request that gives up what the claim may have here, until it, or a later one, is answered. */
  #givingUp = 0;
  /** What has been heard meanwhile: of a grant before that request, which it has ended, or of one after it. */
  #news: Grant | undefined;
  /** When it last handed the lock on to us, by its own clock in microseconds. */
  #heard: { readonly micros: number; readonly connection: unknown } | undefined;
  /** A moment on its own clock, in microseconds, and one on ours that is certainly not later. */
  #clock: { readonly micros: number; readonly notBefore: number; readonly connection: unknown } | undefined;

  constructor(node: LockNode, bidder: Bidder) {
    this.node = node;
    this.#bidder = bidder;
  }

  /**
   * Asks for the lock. It may be asked again at any time: the node then says how things are.
   *
   * @param previous an id that gives the lock up in the same moment.
   */
  ask(previous = ''): void {
    const bidder = this.#bidder;
    if (bidder.isOver) return;
    const { id, keys, ttlMs, now } = bidder;
    const askedAt = bidder.runtime.now();
    this.answer = 'asked';
    const number = ++this.#asks;
    if (previous === id) {
      this.validUntil = 0; // given up with this very request
      this.#givingUp = number;
    }
    const renewed = this.renews(askedAt, ttlMs);
    const asked = this.node.run(
      scripts.acquire,
      keys,
      shortened(id, String(ttlMs), bidder.waits && this.node.listening ? '1' : '', now, previous),
      (error, reply) => {
        if (error) {
          this.#fail(error, previous);
        } else {
          if (number >= this.#givingUp) this.#givingUp = 0; // a node answers in the order in which it was asked
          if (typeof reply === 'number') {
            renewed();
            this.#news = undefined; // it says all that the news could
            this.#granted(reply);
          } else {
            this.#elsewhere(askedAt, reply as [number, number, number]);
          }
        }
        bidder.onAnswer();
      },
      { isWanted: () => !bidder.isOver },
    );
    if (asked) this.told = true;
    else this.#fail(new TimeoutError('Redis has not answered for a while'), previous);
  }

  /**
   * The node has handed the lock on to the claim. The news may have been under way for long: what counts is when it was
   * granted, by the node's clock. Where that cannot be told, and where the node has said something else since, it is asked.
   * News that comes while the claim gives up what it has here waits for the answer to that: it may be of what is given up.
   */
  hear(news: Grant): void {
    if (this.answer === 'granted') return; // an answer was faster: the TTL may have been changed since
    if (this.#givingUp > 0) {
      this.#news = news;
      return;
    }
    const { micros, lastToken } = news;
    const clock = this.#clock;
    const known = clock && clock.connection === this.node.connection && micros > clock.micros;
    if (known) {
      const since = Math.min(this.#bidder.runtime.now(), clock.notBefore + (micros - clock.micros) / 1000);
      this.validUntil = since + this.#bidder.validityMs(this.#bidder.ttlMs);
      this.#heard = { micros, connection: clock.connection };
    }
    if (!known || !this.#granted(lastToken)) this.ask();
    this.#bidder.onAnswer();
  }

  /** Gives up a grant or a place in the queue, if there may be one, without waiting for it. */
  giveUp(): void {
    const { id, keys, now, ttlMs, waits } = this.#bidder;
    if (this.told && (this.answer !== 'busy' || waits)) this.node.giveUp(keys, id, now, ttlMs);
  }

  /**
   * A request goes out that starts the TTL anew. Whether its answer arrives or not, it may be the shorter TTL that counts
   * there from now on; and an answer to it says nothing of what a later request has done since.
   *
   * @returns what is to be called when the answer says that it has taken effect.
   */
  renews(askedAt: number, ttlMs: number): () => void {
    const validUntil = askedAt + this.#bidder.validityMs(ttlMs);
    this.validUntil = Math.min(this.validUntil, validUntil);
    const renewal = ++this.#renewals;
    return () => {
      if (renewal === this.#renewals) this.validUntil = validUntil;
    };
  }

  /** Somebody else holds the lock there, by an answer to what was asked at that time. */
  #elsewhere(askedAt: number, [queued, heldForMs, micros]: [number, number, number]): void {
    const { connection } = this.node;
    const heard = this.#heard;
    if (heard && heard.connection === connection && micros < heard.micros) return; // overtaken by news of a grant to us
    this.answer = queued ? 'queued' : 'busy';
    this.validUntil = 0; // it may have been ours, and lost or passed on
    this.heldForMs = heldForMs;
    this.#clock = { micros, notBefore: askedAt, connection };
    const news = this.#news;
    if (!news || this.#givingUp > 0) return;
    this.#news = undefined;
    this.hear(news);
  }

  /** @returns false when so much time has passed since it was granted that it is of no use. */
  #granted(lastToken: number): boolean {
    if (this.validUntil <= this.#bidder.runtime.now()) {
      this.answer = 'failed';
      this.error = new Error('Redis took longer to answer than the lock was to live');
      return false;
    }
    this.answer = 'granted';
    this.lastToken = lastToken;
    return true;
  }

  #fail(error: Error, previous: string): void {
    this.answer = 'failed';
    this.error = error;
    const { id, keys, now, ttlMs } = this.#bidder;
    if (previous !== '' && previous !== id) this.node.giveUp(keys, previous, now, ttlMs);
  }
}

/** Leaves out empty arguments at the end: Redis and the connection have less to do. */
function shortened(...args: string[]): string[] {
  while (args.at(-1) === '') args.pop();
  return args;
}

/** @returns until when a quorum has granted the lock: each of them at least until then. */
export function quorumValidUntil(standings: readonly Standing[], quorum: number): number {
  if (standings.length === 1) return standings[0]?.validUntil ?? 0;
  return standings.map(({ validUntil }) => validUntil).sort((a, b) => b - a)[quorum - 1] ?? 0;
}

/** @returns in how many ms a quorum could be had, if those who hold it now let their TTL run out. */
export function quorumHeldForMs(standings: readonly Standing[], quorum: number): number {
  const heldForMs = standings.map((standing) => standing.heldForMs).sort((a, b) => a - b)[quorum - 1] ?? 0;
  return Math.max(0, heldForMs);
}
