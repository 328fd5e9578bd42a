import type { GrantNotification } from './grant-notifications.ts';
import { Hold, type QuorumGrant } from './hold.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import { type Acquirer, NodeVote, quorumHeldForMs } from './node-vote.ts';
import type { Runtime, Timer } from './runtime.ts';
import type { Refusal } from './types.ts';

/** What an attempt tells whoever made it. */
export interface AttemptOwner {
  /** A quorum has granted it. */
  onHeld(hold: Hold): void;
  /** Somebody else holds the lock, for another `heldForMs` if they do not release it; the attempt waits in the queue. */
  onQueued(heldForMs: number): void;
  /** It came to nothing and has been given up everywhere. */
  onRefused(refusal: Refusal): void;
}

/** What all attempts of one lock have in common. */
export interface AttemptContext {
  readonly nodes: readonly LockNode[];
  readonly timeoutMs: number;
  readonly runtime: Runtime;
  /** @returns for how long a grant with this TTL is good, less drift; both in milliseconds. */
  readonly validityMs: (ttlMs: number) => number;
  /** @returns the time in microseconds, by which several nodes can agree, or '' for a single one's own clock. */
  readonly clock: () => string;
  /** @returns a number that no other attempt has. */
  readonly newNumber: () => number;
  /** The name of this lock object, with which its ids begin. */
  readonly client: string;
  /** Those that may hear of grants, by their number. */
  readonly attempts: Map<number, AcquireAttempt>;
}

/** The longest pause between two looks at a lock that one waits for, in ms: the news of a grant may be lost. */
const recheckMs = 1000;
/** The same while notifications cannot be heard: half of the time for which a lock is offered (OFFER_MS in grant.lua). */
const recheckUnsubscribedMs = 250;

/**
 * One id's way to a lock, on all of its nodes: asking, waiting in their queues, until a quorum has granted it. With one
 * node it is the lock of a single Redis, with several it is Redlock: all are asked at once and the quorum decides without
 * waiting for the slowest (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 *
 * Where nodes are split between rivals, each rival passes what it has on to the one who came first, as all of them stand in
 * the same order in every queue.
 */
export class AcquireAttempt implements Acquirer, QuorumGrant {
  readonly number: number;
  readonly keys: LockKeys;
  readonly ttlMs: number;
  readonly votes: readonly NodeVote[];
  readonly quorum: number;
  readonly runtime: Runtime;
  readonly arrival: string;
  waits = false;
  readonly #context: AttemptContext;
  readonly #owner: AttemptOwner;
  #state: 'asking' | 'queued' | 'confirming' | 'held' | 'over' = 'asking';
  /** Whether those it is for have been waiting for a hold of this process. */
  #isRequeued = false;
  #timer: Timer | undefined;
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
    this.arrival = this.clock();
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  clock(): string {
    return this.#context.clock();
  }

  newId(): string {
    this.#ids += 1;
    return `${this.#context.client}:${this.number}.${this.#ids}:${this.ttlMs}`;
  }

  validityMs(ttlMs: number): number {
    return this.#context.validityMs(ttlMs);
  }

  /**
   * Asks all nodes.
   *
   * @param waits whether to queue where somebody else holds the lock.
   * @param previous the ids, one for each node, of a hold that is given up for this attempt in the same moment.
   */
  ask(waits: boolean, previous?: readonly string[]): void {
    this.waits = waits;
    this.#isRequeued = previous !== undefined;
    this.#context.attempts.set(this.number, this);
    const clock = this.clock();
    for (let index = 0; index < this.votes.length; index++) this.votes[index]?.ask(clock, previous?.[index]);
    this.onAnswer();
  }

  /** A node has handed the lock on to this attempt. */
  onGrant(node: LockNode, grant: GrantNotification): void {
    this.votes.find((vote) => vote.node === node)?.onNotification(grant);
  }

  /** A node can be heard again, or for the first time: queue there, where it could not be done before. */
  onListening(node: LockNode): void {
    if (this.#state === 'queued') this.votes.find((vote) => vote.node === node)?.ask(this.clock());
  }

  /** Gives up whatever it has come to. Nothing is told to the owner any more. */
  abandon(): void {
    if (this.isOver) return;
    this.end();
    for (const vote of this.votes) vote.abandon();
  }

  end(): void {
    this.#state = 'over';
    this.runtime.clearTimer(this.#timer);
    this.#context.attempts.delete(this.number);
  }

  /** Sees what the answers so far come to. */
  onAnswer(): void {
    if (this.#state !== 'asking' && this.#state !== 'queued') return;
    const now = this.runtime.now();
    let granted = 0;
    let elsewhere = 0;
    let unanswered = 0;
    for (const { answer, validUntil } of this.votes) {
      if (answer === 'granted' && validUntil > now) granted += 1;
      else if (answer === 'asked') unanswered += 1;
      else if (answer !== 'failed') elsewhere += 1;
    }
    const undecided = unanswered > 0 && granted + unanswered >= this.quorum; // by what is still to come
    if (granted >= this.quorum) this.#onQuorum(now);
    else if (granted + elsewhere >= this.quorum && !undecided) this.#heldElsewhere(granted, unanswered);
    else if (unanswered === 0) this.#unreachable(now);
  }

  /** A quorum has answered and cannot be had now: refuse, or wait. */
  #heldElsewhere(granted: number, unanswered: number): void {
    this.#unreachableSince = undefined;
    const heldForMs = quorumHeldForMs(this.votes, this.quorum);
    if (!this.waits) {
      this.#refuse({ outcome: 'busy', retryAfterMs: heldForMs });
      return;
    }
    if (this.#state === 'asking') {
      this.#queue(heldForMs);
      if (this.isOver) return; // nobody wanted to wait
    }
    if (unanswered > 0) return;
    if (granted > 0) {
      // A rival may wait for what this attempt has: let it go soon, then ever more seldom.
      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
      this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, recheckMs);
    } else {
      // Where no notification is heard, only a look finds an offer before it expires.
      const isSubscribed = this.votes.every(({ node }) => node.listening);
      const pauseMs = (isSubscribed ? recheckMs : recheckUnsubscribedMs) * (0.5 + this.runtime.random() / 2);
      this.#recheckAfter(Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random()));
    }
  }

  /** Looks again at every node, and passes on what it has of a lock that it does not get. */
  #recheckAfter(ms: number): void {
    if (this.isOver) return;
    this.runtime.clearTimer(this.#timer);
    this.#timer = this.runtime.setTimer(() => {
      const clock = this.clock();
      for (const vote of this.votes) {
        if (vote.answer === 'granted') vote.askWithNewId(clock);
        else if (vote.answer !== 'asked') vote.ask(clock);
      }
      this.onAnswer();
    }, ms);
  }

  /** No quorum answers. Who was waiting already rides out a lost connection; who has just come is refused at once. */
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
      agreed &&= lastToken === 0 || vote.lastToken === lastToken;
      lastToken = Math.max(lastToken, vote.lastToken);
    }
    const hold = new Hold(this, lastToken);
    if (agreed && hold.validForMs() > this.ttlMs / 2) this.#held(hold);
    else void this.#confirm(hold);
  }

  /** Has a quorum keep the highest token, so that every later quorum knows it, and starts all TTLs together. */
  async #confirm(hold: Hold): Promise<void> {
    this.#state = 'confirming';
    const { timeoutMs } = this.#context;
    const result = await hold.extend(this.ttlMs, { fence: hold.lastToken, withinMs: timeoutMs });
    if (this.#state !== 'confirming') return;
    if (result === 'extended') {
      this.#held(hold);
    } else if (this.waits) {
      this.#queue(0); // lost at once: the TTL is short, or a node was
      this.#recheckAfter(this.#splitPauseMs * this.runtime.random());
    } else if (result === 'lost') {
      this.#refuse({ outcome: 'busy', retryAfterMs: quorumHeldForMs(this.votes, this.quorum) });
    } else {
      this.#refuse({ outcome: 'unavailable', cause: new Error('no quorum has kept the fencing token in time') });
    }
  }

  #queue(heldForMs: number): void {
    this.#state = 'queued';
    for (const { node } of this.votes) node.listen();
    this.#owner.onQueued(heldForMs);
  }

  #held(hold: Hold): void {
    this.#state = 'held';
    this.waits = false;
    this.#owner.onHeld(hold);
  }
}
