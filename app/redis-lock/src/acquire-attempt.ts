import type { GrantNotification } from './grant-notifications.ts';
import { Hold, type QuorumGrant } from './hold.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import { type Acquirer, type NodeGrant, NodeVote } from './node-vote.ts';
import { quorumHeldForMs } from './quorum.ts';
import type { Runtime, Timer } from './runtime.ts';
import type { Refusal } from './types.ts';

/** Receives the outcome of an attempt. */
export interface AttemptOwner {
  /** A quorum has granted the lock. */
  onHeld(hold: Hold): void;
  /** The attempt waits in the queue, by its last answer: another holder has the lock, for `heldForMs` more if it does not release it. */
  onQueued(heldForMs: number): void;
  /** The attempt failed and was released on all nodes. */
  onRefused(refusal: Refusal): void;
}

/** Shared by all attempts of one lock object. */
export interface AttemptContext {
  readonly nodes: readonly LockNode[];
  readonly timeoutMs: number;
  readonly runtime: Runtime;
  /** @returns the validity of a grant with this TTL, less drift; both in milliseconds. */
  readonly validityMs: (ttlMs: number) => number;
  readonly fencing: boolean;
  /** @returns the time in microseconds for several nodes to agree on, or '' for a single node's own clock. */
  readonly clock: () => string;
  /** @returns a number that is unique within this lock object. */
  readonly newNumber: () => number;
  /** The id of this lock object: the prefix of its attempts' ids. */
  readonly client: string;
  /** The attempts that accept grant notifications, by number. */
  readonly attempts: Map<number, AcquireAttempt>;
}

/** The longest interval between two checks of a queued lock, in ms: a grant notification may be lost. */
const recheckMs = 1000;
/** The same without a subscription: half of the time for which a lock is offered (OFFER_MS in grant.lua). */
const recheckUnsubscribedMs = 250;
/** As in acquire.lua: by how much two clocks may differ, in microseconds. */
const mostQueueSkewMicros = 1_000_000;

/**
 * One attempt to acquire a lock: it asks all nodes and waits in their queues until a quorum has granted the lock. With
 * one node this is the lock of a single Redis. With several it is Redlock: all nodes are asked at once, and the quorum
 * decides without waiting for the slowest (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 *
 * If the votes are split between rivals, each rival passes its grants to the next in the queue. Every queue has the
 * same order, by arrival, but for callers whose clocks are off, so the first to arrive collects the quorum.
 */
export class AcquireAttempt implements Acquirer, QuorumGrant {
  readonly number: number;
  readonly keys: LockKeys;
  readonly ttlMs: number;
  readonly votes: readonly NodeVote[];
  readonly quorum: number;
  readonly runtime: Runtime;
  waits = false;
  readonly #context: AttemptContext;
  readonly #owner: AttemptOwner;
  readonly #since: number;
  /** By the wall clock, in microseconds; '' for each node's own clock. */
  #arrival: string;
  #state: 'asking' | 'queued' | 'confirming' | 'held' | 'over' = 'asking';
  /** True if the waiters re-queued after a hold of this process. */
  #isRequeued = false;
  #timer: Timer | undefined;
  #listens = false;
  #ids = 0;
  #splitPauseMs = 1;
  #unreachableSince: number | undefined;

  constructor(context: AttemptContext, keys: LockKeys, ttlMs: number, owner: AttemptOwner) {
    const { nodes, runtime } = context;
    this.number = context.newNumber();
    this.keys = keys;
    this.ttlMs = ttlMs;
    this.#context = context;
    this.#owner = owner;
    this.runtime = runtime;
    const id = `${context.client}:${this.number}:${ttlMs}`;
    this.votes = nodes.map((node) => new NodeVote(node, this, id));
    this.quorum = Math.floor(nodes.length / 2) + 1;
    this.#since = runtime.now();
    this.#arrival = context.clock();
  }

  get fencing(): boolean {
    return this.#context.fencing;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  clock(): string {
    return this.#context.clock();
  }

  arrivalBy(clock: string): string {
    if (clock === '') return clock;
    const arrival = Number(clock) - Math.round((this.runtime.now() - this.#since) * 1000);
    // All nodes queue by the same arrival: what is only measured anew does not change it.
    if (Math.abs(arrival - Number(this.#arrival)) > mostQueueSkewMicros) this.#arrival = String(arrival);
    return this.#arrival;
  }

  newId(): string {
    this.#ids += 1;
    return `${this.#context.client}:${this.number}.${this.#ids}:${this.ttlMs}`;
  }

  validityMs(ttlMs: number): number {
    return this.#context.validityMs(ttlMs);
  }

  /**
   * Asks all nodes, at the time of arrival.
   *
   * @param waits whether to queue where another holder has the lock.
   * @param previous for each node, a hold that the same scripts release.
   */
  ask(waits: boolean, previous?: readonly NodeGrant[]): void {
    this.waits = waits;
    this.#isRequeued = previous !== undefined;
    this.#context.attempts.set(this.number, this);
    for (let index = 0; index < this.votes.length; index++) this.votes[index]?.ask(this.#arrival, previous?.[index]);
    this.onAnswer(this.runtime.now());
  }

  /** A node has granted its lock to this attempt. */
  onGrant(node: LockNode, grant: GrantNotification): void {
    this.votes.find((vote) => vote.node === node)?.onNotification(grant);
  }

  /** A subscription is up: ask that node again, since notifications and the place in its queue may be missing. */
  onListening(node: LockNode): void {
    if (this.#state === 'queued') this.votes.find((vote) => vote.node === node)?.ask(this.clock());
  }

  /** Ends the attempt and releases it on all nodes, without a call to the owner. */
  abandon(): void {
    this.end();
    for (const vote of this.votes) vote.abandon();
  }

  end(): void {
    this.#state = 'over';
    this.runtime.clearTimer(this.#timer);
    this.#context.attempts.delete(this.number);
    if (this.#listens) for (const { node } of this.votes) node.leave(this.keys);
  }

  /** Decides by the answers so far. */
  onAnswer(now: number): void {
    if (this.#state !== 'asking' && this.#state !== 'queued') return;
    let granted = 0;
    let elsewhere = 0;
    let unanswered = 0;
    for (const { answer, validUntil } of this.votes) {
      if (answer === 'granted' && validUntil > now) granted += 1;
      else if (answer === 'asked') unanswered += 1;
      else if (answer !== 'failed') elsewhere += 1;
    }
    const undecided = unanswered > 0 && granted + unanswered >= this.quorum; // more votes may come
    if (granted >= this.quorum) this.#onQuorum(now);
    else if (granted + elsewhere >= this.quorum && !undecided) this.#heldElsewhere(granted, unanswered);
    else if (unanswered === 0) this.#unreachable(now);
  }

  /** A quorum has answered, and the lock is not free: refuse or wait. */
  #heldElsewhere(granted: number, unanswered: number): void {
    this.#unreachableSince = undefined;
    const heldForMs = quorumHeldForMs(this.votes, this.quorum);
    if (!this.waits) {
      this.#refuse({ outcome: 'busy', retryAfterMs: heldForMs });
      return;
    }
    this.#queue(heldForMs);
    if (unanswered > 0) return;
    if (granted > 0) {
      // Split vote: release the grants soon, since a rival may need them; double the pause each time.
      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
      this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, recheckMs);
    } else {
      // Without a subscription, only a recheck finds an offer before it expires.
      const isSubscribed = this.votes.every(({ node }) => node.isListening(this.keys));
      const pauseMs = (isSubscribed ? recheckMs : recheckUnsubscribedMs) * (0.5 + this.runtime.random() / 2);
      this.#recheckAfter(Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random()));
    }
  }

  /** Asks every node again after a pause, and passes grants without a quorum to the next in the queue. */
  #recheckAfter(ms: number): void {
    if (this.isOver) return; // no caller wants to wait
    this.runtime.clearTimer(this.#timer);
    this.#timer = this.runtime.setTimer(() => {
      const clock = this.clock();
      for (const vote of this.votes) {
        if (vote.answer === 'granted') vote.askWithNewId(clock);
        else if (vote.answer !== 'asked') vote.ask(clock);
      }
      this.onAnswer(this.runtime.now());
    }, ms);
  }

  /**
   * No quorum answers. A queued attempt rides out a lost connection for the node timeout; a new one is refused at once.
   */
  #unreachable(now: number): void {
    this.#unreachableSince ??= now;
    if ((this.#state === 'queued' || this.#isRequeued) && now - this.#unreachableSince < this.#context.timeoutMs) {
      this.#recheckAfter(20 + 30 * this.runtime.random());
      return;
    }
    const cause = this.votes.find(({ answer }) => answer === 'failed')?.error;
    this.#refuse({ outcome: 'unavailable', cause: cause ?? new Error('no quorum of Redis servers answered') });
  }

  #refuse(refusal: Refusal): void {
    this.abandon();
    this.#owner.onRefused(refusal);
  }

  #onQuorum(now: number): void {
    this.runtime.clearTimer(this.#timer);
    let lastToken = 0;
    let agreed = true;
    for (const vote of this.votes) {
      if (vote.answer !== 'granted' || vote.validUntil <= now) continue;
      agreed &&= !this.fencing || lastToken === 0 || vote.lastToken === lastToken;
      lastToken = Math.max(lastToken, vote.lastToken);
    }
    const hold = new Hold(this, lastToken);
    if (agreed && hold.validForMs(now) > this.ttlMs / 2) this.#held(hold);
    else void this.#confirm(hold);
  }

  /** Makes a quorum store the highest token, so that every later quorum knows it, and restarts all TTLs together. */
  async #confirm(hold: Hold): Promise<void> {
    this.#state = 'confirming';
    const { timeoutMs } = this.#context;
    const fence = this.fencing ? hold.lastToken : undefined;
    const result = await hold.extend(this.ttlMs, { fence, withinMs: timeoutMs });
    if (this.#state !== 'confirming') return;
    if (result === 'extended') {
      this.#held(hold);
    } else if (this.waits) {
      this.#queue(0); // lost again at once: a short TTL, or a lost node
      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
    } else if (result === 'lost') {
      this.#refuse({ outcome: 'busy', retryAfterMs: quorumHeldForMs(this.votes, this.quorum) });
    } else {
      this.#refuse({ outcome: 'unavailable', cause: new Error('no quorum stored the fencing token in time') });
    }
  }

  #queue(heldForMs: number): void {
    this.#state = 'queued';
    this.#listen();
    this.#owner.onQueued(heldForMs);
  }

  /** Subscribes to its grants, once. */
  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    for (const { node } of this.votes) node.listen(this.keys);
  }

  #held(hold: Hold): void {
    this.#state = 'held';
    this.waits = false;
    this.#owner.onHeld(hold);
  }
}
