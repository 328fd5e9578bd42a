import type { Replied } from './client.ts';
import type { GrantNotification } from './grant-notifications.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import { TimeoutError } from './request.ts';
import type { Runtime } from './runtime.ts';
import { scripts, tokensPerGrant, trimmed } from './script.ts';

/** The acquire attempt that asks the nodes for their votes. */
export interface Acquirer {
  readonly keys: LockKeys;
  readonly ttlMs: number;
  /** Queues on nodes where another holder has the lock. */
  readonly waits: boolean;
  /** The attempt has ended: a further request would queue, or be granted, without a caller. */
  readonly isOver: boolean;
  /** Every lease has a fencing token. */
  readonly fencing: boolean;
  readonly runtime: Runtime;
  /** @returns the current time in microseconds, or '' for each node's own clock. */
  clock(): string;
  /**
   * @returns the time of arrival, by the wall clock that shows this time now. By one that was set since, the attempt would
   *   overtake, or be overtaken.
   */
  arrivalBy(clock: string): string;
  /** @returns a new id. */
  newId(): string;
  /** @returns the validity of a grant with this TTL, less drift; both in milliseconds. */
  validityMs(ttlMs: number): number;
  /** A node has answered or failed; now, on the monotonic clock. */
  onAnswer(now: number): void;
}

/** A grant of one node, and the longest TTL that it was asked to keep it for. */
export interface NodeGrant {
  readonly id: string;
  readonly longestTtlMs: number;
}

const nothingTrusted: { readonly token: number; readonly at: number } = { token: 0, at: 0 };

/** A notification is trusted without asking if at least this share of the grant's validity is left. */
const minTrustedShare = 0.95;

/**
 * One node's vote for one acquire attempt. Times are in milliseconds, on the monotonic clock. Validity counts from
 * *before* the request was sent, so a slow answer makes a lease shorter, never longer.
 *
 * Requests may take effect late, from a lost connection. Two rules make that harmless: a node never shortens the TTL of
 * the id that holds the lock, and a released id is never used again.
 */
export class NodeVote {
  readonly node: LockNode;
  /** The attempt's id on this node. */
  id: string;
  /** The last answer. Another holder has the lock if it is `queued` (with a place in the queue) or `busy` (without). */
  answer: 'asked' | 'granted' | 'queued' | 'busy' | 'failed' = 'asked';
  /** True once a request was sent: the node may know the id, so it must be released there. */
  mayKnowId = false;
  /** End of the grant's validity. */
  validUntil = 0;
  /** The last fencing token of the grant. */
  lastToken = 0;
  /** The TTL that another holder had left, by the last answer. */
  heldForMs = 0;
  /** The error instead of an answer. */
  error: Error | undefined;
  /** The longest TTL that the node was asked to keep the current id for. */
  longestTtlMs: number;
  readonly #acquirer: Acquirer;
  /** True if no answer has said that another id holds the lock: it probably has no waiters. */
  #wasUncontended = true;
  /** The last answer that another holder has the lock: the key's last fencing token, and when the request was sent. */
  #lastBusy: { readonly fence: number; readonly askedAt: number } | undefined;
  /** The last trusted notification. An answer with a lower token to an earlier request is older than it. */
  #trusted = nothingTrusted;

  constructor(node: LockNode, acquirer: Acquirer, id: string) {
    this.node = node;
    this.id = id;
    this.#acquirer = acquirer;
    this.longestTtlMs = acquirer.ttlMs;
  }

  /**
   * Asks for the lock. Asking again is safe at any time: the answer is the current state. Until it arrives, the
   * validity confirmed before still counts, because a node shortens no TTL.
   *
   * @param clock the attempt's time; with the same time all nodes mint the same tokens.
   * @param previous released by the same script.
   */
  ask(clock: string, previous?: NodeGrant): void {
    const acquirer = this.#acquirer;
    if (acquirer.isOver) return;
    const { keys, ttlMs, runtime } = acquirer;
    const { id, node } = this;
    const askedAt = runtime.now();
    this.answer = 'asked';
    const answered: Replied = (error, reply) => {
      const now = runtime.now();
      if (error) this.#releasePrevious(previous);
      if (id !== this.id) return; // a later request on the same connection has released this id
      if (error) {
        this.#fail(error);
      } else if (reply === null && isPlain) {
        this.ask(acquirer.clock()); // SET found the lock held
      } else if (Array.isArray(reply) && reply.length === 3 && reply.every((each) => Number.isFinite(Number(each)))) {
        this.#heldElsewhere(askedAt, reply);
      } else if (isPlain ? String(reply) === 'OK' : Number(reply) >= tokensPerGrant) {
        this.#confirmTtl(askedAt, ttlMs);
        this.#markGranted(now, isPlain ? tokensPerGrant : Number(reply)); // SET mints none: numbers for the hand-overs
      } else {
        this.#fail(new Error(`Redis answered ${reply}: is the connection inside a MULTI?`));
      }
      acquirer.onAnswer(now);
    };
    // Without tokens, a free lock needs no script. It may overtake the waiters of a dead holder until they ask again.
    const isPlain = !acquirer.fencing && !this.mayKnowId && !previous;
    const wait = acquirer.waits ? '1' : '';
    const isWanted = () => !acquirer.isOver && id === this.id;
    const asked = isPlain
      ? node.runCommand(['SET', keys.lock, id, 'NX', 'PX', String(ttlMs)], answered, isWanted)
      : node.run(
          scripts.acquire,
          keys,
          trimmed(id, String(ttlMs), wait, clock, acquirer.arrivalBy(clock), previous?.id ?? ''),
          answered,
          { isWanted },
        );
    if (asked) {
      this.mayKnowId = true;
    } else {
      this.#releasePrevious(previous);
      this.#fail(new TimeoutError('Redis has not answered for a while'));
    }
  }

  /** Releases the grant and asks again under a new id, in one script. */
  askWithNewId(clock: string): void {
    const { id, longestTtlMs } = this;
    this.id = this.#acquirer.newId();
    this.longestTtlMs = this.#acquirer.ttlMs;
    this.validUntil = 0;
    this.#trusted = nothingTrusted;
    this.ask(clock, { id, longestTtlMs });
  }

  /**
   * The node has granted the lock to this attempt. The notification may be old, and after a failover it may come from
   * another server than the answers do. It is true nevertheless, since it is published after the grant. Tokens order
   * it: a grant with a higher token than an answer reported came after that answer, and so after its request was sent.
   */
  onNotification({ id, ttlMs, lastToken }: GrantNotification): void {
    if (id !== this.id || this.answer === 'granted') return; // an earlier id, or the answer arrived first
    const acquirer = this.#acquirer;
    const lastBusy = this.#lastBusy;
    if (lastBusy && lastToken <= lastBusy.fence) return; // that grant has ended since
    const isUsable = ttlMs >= acquirer.ttlMs && this.node.isConnected; // not an offer, and the grant can be released
    const now = acquirer.runtime.now();
    const leftMs = lastBusy && isUsable ? lastBusy.askedAt + acquirer.validityMs(ttlMs) - now : 0;
    if (lastBusy && leftMs > minTrustedShare * acquirer.validityMs(ttlMs)) {
      this.#confirmTtl(lastBusy.askedAt, ttlMs);
      this.#trusted = { token: lastToken, at: now };
      this.#markGranted(now, lastToken);
    } else {
      this.ask(acquirer.clock());
    }
    acquirer.onAnswer(now);
  }

  /** The node has confirmed this TTL for the current id, in answer to a request sent at `askedAt`. */
  #confirmTtl(askedAt: number, ttlMs: number): void {
    this.validUntil = Math.max(this.validUntil, askedAt + this.#acquirer.validityMs(ttlMs));
  }

  /**
   * Asks the node to extend the lock.
   *
   * @param fence a token that later ones must exceed, or ''.
   * @param isWanted true while the lease that asked still needs the extension.
   * @param done called once: the lock was kept, was gone, or the node did not answer.
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
    this.longestTtlMs = Math.max(this.longestTtlMs, ttlMs);
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

  /**
   * Releases the lock.
   *
   * @param clock the time, from which all nodes mint the same tokens for the next holder.
   * @param done called once: true if it was held until now, false otherwise or without an answer.
   */
  release(clock: string, done: (wasHeld: boolean) => void): void {
    const { id, longestTtlMs } = this;
    if (this.mayKnowId) this.node.release(this.#acquirer.keys, id, longestTtlMs, this.#wasUncontended, clock, done);
    else done(false);
  }

  /** Releases a possible grant or place in the queue without waiting for the answer. */
  abandon(): void {
    const { keys, waits } = this.#acquirer;
    const { id, node, longestTtlMs } = this;
    if (this.mayKnowId && (this.answer !== 'busy' || waits)) node.releaseInBackground(keys, id, longestTtlMs);
  }

  /** Another holder has the lock on this node, in answer to a request sent at `askedAt`. */
  #heldElsewhere(askedAt: number, reply: readonly unknown[]): void {
    const [queued = 0, heldForMs = 0, fence = 0] = reply.map(Number);
    if (askedAt < this.#trusted.at && fence < this.#trusted.token) return; // overtaken by the notification of our grant
    this.answer = queued ? 'queued' : 'busy';
    this.#wasUncontended = false;
    this.validUntil = 0; // we may have held it, and lost it
    this.heldForMs = heldForMs < 0 ? this.#acquirer.ttlMs : heldForMs; // not one of ours: it has no TTL
    // Without a fence, which ends a minute after its grant, an older notification would look newer than this answer.
    this.#lastBusy = fence > 0 ? { fence, askedAt } : undefined;
  }

  #markGranted(now: number, lastToken: number): void {
    if (this.validUntil <= now) {
      this.#fail(new Error('Redis took longer to answer than the TTL of the lock'));
      return;
    }
    this.answer = 'granted';
    this.lastToken = lastToken;
  }

  #fail(error: Error): void {
    this.answer = 'failed';
    this.error = error;
  }

  /** The request that should release it may never arrive. */
  #releasePrevious(previous: NodeGrant | undefined): void {
    if (previous) this.node.releaseInBackground(this.#acquirer.keys, previous.id, previous.longestTtlMs);
  }
}
