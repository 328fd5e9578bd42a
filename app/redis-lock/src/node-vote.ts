import type { Grant } from './grant-notifications.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import type { Runtime } from './runtime.ts';
import { scripts } from './script.ts';
import { TimeoutError } from './timeout.ts';

/** The acquire attempt for which the nodes are asked. */
export interface Bidder {
  readonly keys: LockKeys;
  readonly ttlMs: number;
  /** When it came, in microseconds by this process's wall clock, or '' for each node's own. */
  readonly arrival: string;
  /** Whether it queues where another holder has the lock. */
  readonly waits: boolean;
  /** Asking for it any more would queue, or be granted, for no caller. */
  readonly isOver: boolean;
  readonly runtime: Runtime;
  /** @returns the current time in microseconds, or '' for each node's own clock. */
  clock(): string;
  /** @returns an id that was never used before. */
  newId(): string;
  /** @returns for how long a grant with this TTL is good, less drift; both in milliseconds. */
  validityMs(ttlMs: number): number;
  /** A node has answered, or failed to. */
  onAnswer(): void;
}

/** The part of its worth that a grant must still have to be believed from a notification. */
const worthBelieving = 0.95;

/**
 * One node's vote for one acquire attempt. Times are in milliseconds, moments on the monotonic clock, and each that counts
 * is taken *before* the request was sent, so that a slow answer makes a lease shorter and never longer.
 *
 * Requests may take effect late, from a connection that was lost. Two rules make that harmless: a node never shortens a
 * TTL while an id holds the lock, and an id that has been given up is never used again.
 */
export class Standing {
  readonly node: LockNode;
  /** The id under which the node knows the attempt. */
  id: string;
  /** Its last answer: `queued` and `busy` are another holder's lock, with a place in the queue and without. */
  answer: 'asked' | 'granted' | 'queued' | 'busy' | 'failed' = 'asked';
  /** Whether the node may know the id, so that it must be given up there. */
  told = false;
  /** Until when its grant is good. */
  validUntil = 0;
  /** The last of the fencing tokens that came with its grant. */
  lastToken = 0;
  /** For how long another holder has the lock there, as it last said. */
  heldForMs = 0;
  /** What kept it from answering. */
  error: Error | undefined;
  readonly #bidder: Bidder;
  /** The key's last fencing token when another holder had the lock, and when we had asked for that. */
  #seen: { readonly fence: number; readonly askedAt: number } | undefined;
  /** The last token of a notification that was believed: an answer that knows only lower ones is older. */
  #believed = 0;

  constructor(node: LockNode, bidder: Bidder, id: string) {
    this.node = node;
    this.id = id;
    this.#bidder = bidder;
  }

  /**
   * Asks for the lock. The node may be asked again at any time: its answer then is how things are. Until then what it has
   * confirmed counts, as it shortens no TTL.
   *
   * @param clock the attempt's clock; the same for all nodes lets them mint the same tokens.
   * @param previous an id that gives the lock up in the same moment.
   */
  ask(clock: string, previous = ''): void {
    const bidder = this.#bidder;
    if (bidder.isOver) return;
    const { keys, ttlMs, arrival, runtime } = bidder;
    const { id, node } = this;
    const askedAt = runtime.now();
    this.answer = 'asked';
    const wait = bidder.waits ? '1' : '';
    const asked = node.run(
      scripts.acquire,
      keys,
      shortened(id, String(ttlMs), wait, clock, arrival, previous),
      (error, reply) => {
        if (error) this.#releasePrevious(previous);
        if (id !== this.id) return; // given up meanwhile, by a later request on the same connection
        if (error) {
          this.#fail(error);
        } else if (Array.isArray(reply)) {
          this.#heldElsewhere(askedAt, reply);
        } else {
          this.#extended(askedAt, ttlMs);
          this.#isGranted(Number(reply));
        }
        bidder.onAnswer();
      },
      { isWanted: () => !bidder.isOver && id === this.id },
    );
    if (asked) {
      this.told = true;
    } else {
      this.#releasePrevious(previous);
      this.#fail(new TimeoutError('Redis has not answered for a while'));
    }
  }

  /** Gives up what the node has granted, and asks again under another id. */
  askAnew(clock: string): void {
    const previous = this.id;
    this.id = this.#bidder.newId();
    this.validUntil = 0;
    this.#believed = 0;
    this.ask(clock, previous);
  }

  /**
   * The node has handed the lock to this attempt. The notification may have been under way for long, and may come from a
   * server that is not the one that answers us: one that has taken over, or that was replaced. It is true all the same, as
   * it is published after the grant, and tokens order it: a grant with a higher one than an answer knew came after that
   * answer, hence after the question.
   */
  hear({ id, ttlMs, lastToken }: Grant): void {
    if (id !== this.id || this.answer === 'granted') return; // given up, or an answer was faster
    const bidder = this.#bidder;
    const seen = this.#seen;
    if (seen && lastToken <= seen.fence) return; // what it granted has expired since
    const isUsable = ttlMs >= bidder.ttlMs && this.node.isConnected; // else an offer, or one that could not be released
    const worthMs = seen && isUsable ? seen.askedAt + bidder.validityMs(ttlMs) - bidder.runtime.now() : 0;
    if (seen && worthMs > worthBelieving * bidder.validityMs(ttlMs)) {
      this.#extended(seen.askedAt, ttlMs);
      this.#believed = lastToken;
      this.#isGranted(lastToken);
    } else {
      this.ask(bidder.clock());
    }
    bidder.onAnswer();
  }

  /** The node has confirmed this TTL for the current id, by an answer to what was sent at `askedAt`. */
  #extended(askedAt: number, ttlMs: number): void {
    this.validUntil = Math.max(this.validUntil, askedAt + this.#bidder.validityMs(ttlMs));
  }

  /**
   * Asks the node to keep the lock for another TTL.
   *
   * @param fence a token that the next one must exceed, or ''.
   * @param isWanted whether the extension still matters to the lease that asked for it.
   * @returns by `done`, once: whether it was kept, was gone, or the node did not answer.
   */
  extend(
    ttlMs: number,
    fence: string,
    isWanted: () => boolean,
    done: (result: 'kept' | 'gone' | 'silent') => void,
  ): void {
    const { keys, runtime } = this.#bidder;
    const { id } = this;
    const askedAt = runtime.now();
    const asked = this.node.run(
      scripts.extend,
      keys,
      shortened(id, String(ttlMs), fence),
      (error, reply) => {
        if (error || id !== this.id) return done('silent');
        if (Number(reply) === 1) {
          this.#extended(askedAt, ttlMs);
          return done('kept');
        }
        this.validUntil = 0;
        done('gone');
      },
      { isWanted },
    );
    if (!asked) done('silent');
  }

  /** Gives the lock up. @returns by `done`, once, whether it was held until now; false when the node did not answer. */
  release(done: (wasHeld: boolean) => void): void {
    const { keys, ttlMs } = this.#bidder;
    const { id, node } = this;
    const giveUp = (): void => node.giveUp(keys, id, ttlMs);
    if (!this.told) {
      done(false);
      return;
    }
    const args = shortened(id, this.#bidder.clock());
    const asked = node.run(scripts.release, keys, args, (_error, reply) => done(Number(reply) === 1), {
      onUndelivered: giveUp,
    });
    if (asked) return;
    giveUp();
    done(false);
  }

  /** Gives up a grant or a place in the queue, if there may be one, without waiting for the answer. */
  giveUp(): void {
    const { keys, ttlMs, waits } = this.#bidder;
    if (this.told && (this.answer !== 'busy' || waits)) this.node.giveUp(keys, this.id, ttlMs);
  }

  /** Another holder has the lock there, by an answer to what was asked at that time. */
  #heldElsewhere(askedAt: number, reply: readonly unknown[]): void {
    const [queued = 0, heldForMs = 0, fence = 0] = reply.map(Number);
    if (fence < this.#believed) return; // overtaken by the notification of our grant
    this.answer = queued ? 'queued' : 'busy';
    this.validUntil = 0; // it may have been ours, and lost
    this.heldForMs = heldForMs;
    this.#seen = { fence, askedAt };
  }

  /** @returns false when it was granted so long ago that it is of no use. */
  #isGranted(lastToken: number): boolean {
    if (this.validUntil <= this.#bidder.runtime.now()) {
      this.answer = 'failed';
      this.error = new Error('Redis took longer to answer than the lock was to live');
      return false;
    }
    this.answer = 'granted';
    this.lastToken = lastToken;
    return true;
  }

  #fail(error: Error): void {
    this.answer = 'failed';
    this.error = error;
  }

  /** The request that was to give it up may never arrive. */
  #releasePrevious(previous: string): void {
    if (previous !== '') this.node.giveUp(this.#bidder.keys, previous, this.#bidder.ttlMs);
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

/** @returns in how many ms a quorum could be had, if its current holders let their TTL run out. */
export function quorumHeldForMs(standings: readonly Standing[], quorum: number): number {
  const heldForMs = standings.map((standing) => standing.heldForMs).sort((a, b) => a - b)[quorum - 1] ?? 0;
  return Math.max(0, heldForMs);
}
