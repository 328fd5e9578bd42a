import type { GrantNotification } from './grant-notifications.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import { TimeoutError } from './request.ts';
import type { Runtime } from './runtime.ts';
import { scripts } from './script.ts';

/** The acquire attempt for which the nodes are asked. */
export interface Acquirer {
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
const minTrustedShare = 0.95;

/**
 * One node's vote for one acquire attempt. Times are in milliseconds, moments on the monotonic clock, and each that counts
 * is taken *before* the request was sent, so that a slow answer makes a lease shorter and never longer.
 *
 * Requests may take effect late, from a connection that was lost. Two rules make that harmless: a node never shortens a
 * TTL while an id holds the lock, and an id that has been given up is never used again.
 */
export class NodeVote {
  readonly node: LockNode;
  /** The id under which the node knows the attempt. */
  id: string;
  /** Its last answer: `queued` and `busy` are another holder's lock, with a place in the queue and without. */
  answer: 'asked' | 'granted' | 'queued' | 'busy' | 'failed' = 'asked';
  /** Whether the node may know the id, so that it must be given up there. */
  mayKnowId = false;
  /** Until when its grant is good. */
  validUntil = 0;
  /** The last of the fencing tokens that came with its grant. */
  lastToken = 0;
  /** For how long another holder has the lock there, as it last said. */
  heldForMs = 0;
  /** What kept it from answering. */
  error: Error | undefined;
  readonly #acquirer: Acquirer;
  /** The key's last fencing token when another holder had the lock, and when we had asked for that. */
  #lastBusy: { readonly fence: number; readonly askedAt: number } | undefined;
  /** The last token of a notification that was believed: an answer that knows only lower ones is older. */
  #trustedToken = 0;

  constructor(node: LockNode, acquirer: Acquirer, id: string) {
    this.node = node;
    this.id = id;
    this.#acquirer = acquirer;
  }

  /**
   * Asks for the lock. The node may be asked again at any time: its answer then is how things are. Until then what it has
   * confirmed counts, as it shortens no TTL.
   *
   * @param clock the attempt's clock; the same for all nodes lets them mint the same tokens.
   * @param previous an id that gives the lock up in the same moment.
   */
  ask(clock: string, previous = ''): void {
    const acquirer = this.#acquirer;
    if (acquirer.isOver) return;
    const { keys, ttlMs, arrival, runtime } = acquirer;
    const { id, node } = this;
    const askedAt = runtime.now();
    this.answer = 'asked';
    const wait = acquirer.waits ? '1' : '';
    const asked = node.run(
      scripts.acquire,
      keys,
      trimmed(id, String(ttlMs), wait, clock, arrival, previous),
      (error, reply) => {
        if (error) this.#releasePrevious(previous);
        if (id !== this.id) return; // given up meanwhile, by a later request on the same connection
        if (error) {
          this.#fail(error);
        } else if (Array.isArray(reply)) {
          this.#heldElsewhere(askedAt, reply);
        } else {
          this.#confirmTtl(askedAt, ttlMs);
          this.#markGranted(Number(reply));
        }
        acquirer.onAnswer();
      },
      { isWanted: () => !acquirer.isOver && id === this.id },
    );
    if (asked) {
      this.mayKnowId = true;
    } else {
      this.#releasePrevious(previous);
      this.#fail(new TimeoutError('Redis has not answered for a while'));
    }
  }

  /** Gives up what the node has granted, and asks again under another id. */
  askWithNewId(clock: string): void {
    const previous = this.id;
    this.id = this.#acquirer.newId();
    this.validUntil = 0;
    this.#trustedToken = 0;
    this.ask(clock, previous);
  }

  /**
   * The node has handed the lock to this attempt. The notification may have been under way for long, and may come from a
   * server that is not the one that answers us: one that has taken over, or that was replaced. It is true all the same, as
   * it is published after the grant, and tokens order it: a grant with a higher one than an answer knew came after that
   * answer, hence after the question.
   */
  onNotification({ id, ttlMs, lastToken }: GrantNotification): void {
    if (id !== this.id || this.answer === 'granted') return; // given up, or an answer was faster
    const acquirer = this.#acquirer;
    const lastBusy = this.#lastBusy;
    if (lastBusy && lastToken <= lastBusy.fence) return; // what it granted has expired since
    const isUsable = ttlMs >= acquirer.ttlMs && this.node.isConnected; // else an offer, or one that could not be released
    const worthMs = lastBusy && isUsable ? lastBusy.askedAt + acquirer.validityMs(ttlMs) - acquirer.runtime.now() : 0;
    if (lastBusy && worthMs > minTrustedShare * acquirer.validityMs(ttlMs)) {
      this.#confirmTtl(lastBusy.askedAt, ttlMs);
      this.#trustedToken = lastToken;
      this.#markGranted(lastToken);
    } else {
      this.ask(acquirer.clock());
    }
    acquirer.onAnswer();
  }

  /** The node has confirmed this TTL for the current id, by an answer to what was sent at `askedAt`. */
  #confirmTtl(askedAt: number, ttlMs: number): void {
    this.validUntil = Math.max(this.validUntil, askedAt + this.#acquirer.validityMs(ttlMs));
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
    const { keys, runtime } = this.#acquirer;
    const { id } = this;
    const askedAt = runtime.now();
    const asked = this.node.run(
      scripts.extend,
      keys,
      trimmed(id, String(ttlMs), fence),
      (error, reply) => {
        if (error || id !== this.id) return done('silent');
        if (Number(reply) === 1) {
          this.#confirmTtl(askedAt, ttlMs);
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
    const { keys, ttlMs } = this.#acquirer;
    const { id, node } = this;
    const releaseLater = (): void => node.releaseInBackground(keys, id, ttlMs);
    if (!this.mayKnowId) {
      done(false);
      return;
    }
    const args = trimmed(id, this.#acquirer.clock());
    const asked = node.run(scripts.release, keys, args, (_error, reply) => done(Number(reply) === 1), {
      onUndelivered: releaseLater,
    });
    if (asked) return;
    releaseLater();
    done(false);
  }

  /** Gives up a grant or a place in the queue, if there may be one, without waiting for the answer. */
  abandon(): void {
    const { keys, ttlMs, waits } = this.#acquirer;
    if (this.mayKnowId && (this.answer !== 'busy' || waits)) this.node.releaseInBackground(keys, this.id, ttlMs);
  }

  /** Another holder has the lock there, by an answer to what was asked at that time. */
  #heldElsewhere(askedAt: number, reply: readonly unknown[]): void {
    const [queued = 0, heldForMs = 0, fence = 0] = reply.map(Number);
    if (fence < this.#trustedToken) return; // overtaken by the notification of our grant
    this.answer = queued ? 'queued' : 'busy';
    this.validUntil = 0; // it may have been ours, and lost
    this.heldForMs = heldForMs;
    this.#lastBusy = { fence, askedAt };
  }

  /** @returns false when it was granted so long ago that it is of no use. */
  #markGranted(lastToken: number): boolean {
    if (this.validUntil <= this.#acquirer.runtime.now()) {
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
    if (previous !== '') this.node.releaseInBackground(this.#acquirer.keys, previous, this.#acquirer.ttlMs);
  }
}

/** Leaves out empty arguments at the end: Redis and the connection have less to do. */
function trimmed(...args: string[]): string[] {
  while (args.at(-1) === '') args.pop();
  return args;
}

/** @returns until when a quorum has granted the lock: each of them at least until then. */
export function quorumValidUntil(votes: readonly NodeVote[], quorum: number): number {
  if (votes.length === 1) return votes[0]?.validUntil ?? 0;
  return votes.map(({ validUntil }) => validUntil).sort((a, b) => b - a)[quorum - 1] ?? 0;
}

/** @returns in how many ms a quorum could be had, if its current holders let their TTL run out. */
export function quorumHeldForMs(votes: readonly NodeVote[], quorum: number): number {
  const heldForMs = votes.map((vote) => vote.heldForMs).sort((a, b) => a - b)[quorum - 1] ?? 0;
  return Math.max(0, heldForMs);
}
