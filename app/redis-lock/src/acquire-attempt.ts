import type { Grant } from './grant-notifications.ts';
import { Hold, type Won } from './hold.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import type { Runtime, Timer } from './runtime.ts';
import { type Bidder, quorumHeldForMs, Standing } from './node-vote.ts';
import type { Refusal } from './types.ts';

/** What a claim tells whoever made it. */
export interface ClaimOwner {
  /** A quorum has granted it. */
  onHeld(hold: Hold): void;
  /** Somebody else holds the lock, for another `heldForMs` if they do not release it; the claim waits in the queue. */
  onQueued(heldForMs: number): void;
  /** It came to nothing and has been given up everywhere. */
  onRefused(refusal: Refusal): void;
}

/** What all claims of one lock have in common. */
export interface ClaimContext {
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
  readonly claims: Map<number, Claim>;
}

/** The longest pause between two looks at a lock that one waits for, in ms: the news of a grant may be lost. */
const lookInMs = 1000;
/** The same while notifications cannot be heard: half of the time for which a lock is offered (OFFER_MS in grant.lua). */
const unheardLookInMs = 250;

/**
 * One id's way to a lock, on all of its nodes: asking, waiting in their queues, until a quorum has granted it. With one
 * node it is the lock of a single Redis, with several it is Redlock: all are asked at once and the quorum decides without
 * waiting for the slowest (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 *
 * Where nodes are split between rivals, each rival passes what it has on to the one who came first, as all of them stand in
 * the same order in every queue.
 */
export class Claim implements Bidder, Won {
  readonly number: number;
  readonly keys: LockKeys;
  readonly ttlMs: number;
  readonly standings: readonly Standing[];
  readonly quorum: number;
  readonly runtime: Runtime;
  readonly arrival: string;
  waits = false;
  readonly #context: ClaimContext;
  readonly #owner: ClaimOwner;
  #state: 'asking' | 'queued' | 'confirming' | 'held' | 'over' = 'asking';
  /** Whether those it is for have been waiting for a hold of this process. */
  #follows = false;
  #timer: Timer | undefined;
  #ids = 0;
  #splitPauseMs = 1;
  #unreachableSince: number | undefined;

  constructor(context: ClaimContext, keys: LockKeys, ttlMs: number, owner: ClaimOwner) {
    const { nodes, runtime } = context;
    this.number = context.newNumber();
    this.keys = keys;
    this.ttlMs = ttlMs;
    this.#context = context;
    this.#owner = owner;
    this.runtime = runtime;
    const id = `${context.client}:${this.number}:${ttlMs}`;
    this.standings = nodes.map((node) => new Standing(node, this, id));
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
   * @param previous the ids, one for each node, of a hold that is given up for this claim in the same moment.
   */
  ask(waits: boolean, previous?: readonly string[]): void {
    this.waits = waits;
    this.#follows = previous !== undefined;
    this.#context.claims.set(this.number, this);
    const clock = this.clock();
    for (let index = 0; index < this.standings.length; index++) this.standings[index]?.ask(clock, previous?.[index]);
    this.onAnswer();
  }

  /** A node has handed the lock on to this claim. */
  onGrant(node: LockNode, grant: Grant): void {
    this.standings.find((standing) => standing.node === node)?.hear(grant);
  }

  /** A node can be heard again, or for the first time: queue there, where it could not be done before. */
  onListening(node: LockNode): void {
    if (this.#state === 'queued') this.standings.find((standing) => standing.node === node)?.ask(this.clock());
  }

  /** Gives up whatever it has come to. Nothing is told to the owner any more. */
  giveUp(): void {
    if (this.isOver) return;
    this.end();
    for (const standing of this.standings) standing.giveUp();
  }

  end(): void {
    this.#state = 'over';
    this.runtime.clearTimer(this.#timer);
    this.#context.claims.delete(this.number);
  }

  /** Sees what the answers so far come to. */
  onAnswer(): void {
    if (this.#state !== 'asking' && this.#state !== 'queued') return;
    const now = this.runtime.now();
    let granted = 0;
    let elsewhere = 0;
    let open = 0;
    for (const { answer, validUntil } of this.standings) {
      if (answer === 'granted' && validUntil > now) granted += 1;
      else if (answer === 'asked') open += 1;
      else if (answer !== 'failed') elsewhere += 1;
    }
    const undecided = open > 0 && granted + open >= this.quorum; // by what is still to come
    if (granted >= this.quorum) this.#win(now);
    else if (granted + elsewhere >= this.quorum && !undecided) this.#heldElsewhere(granted, open);
    else if (open === 0) this.#unreachable(now);
  }

  /** A quorum has answered and cannot be had now: refuse, or wait. */
  #heldElsewhere(granted: number, open: number): void {
    this.#unreachableSince = undefined;
    const heldForMs = quorumHeldForMs(this.standings, this.quorum);
    if (!this.waits) {
      this.#refuse({ outcome: 'busy', retryAfterMs: heldForMs });
      return;
    }
    if (this.#state === 'asking') {
      this.#queue(heldForMs);
      if (this.isOver) return; // nobody wanted to wait
    }
    if (open > 0) return;
    if (granted > 0) {
      // A rival may wait for what this claim has: let it go soon, then ever more seldom.
      this.#lookAfter(this.#splitPauseMs * this.runtime.random());
      this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, lookInMs);
    } else {
      // Where no notification is heard, only a look finds an offer before it expires.
      const isHeard = this.standings.every(({ node }) => node.listening);
      const pauseMs = (isHeard ? lookInMs : unheardLookInMs) * (0.5 + this.runtime.random() / 2);
      this.#lookAfter(Math.min(pauseMs, heldForMs + 5 + 45 * this.runtime.random()));
    }
  }

  /** Looks again at every node, and passes on what it has of a lock that it does not get. */
  #lookAfter(ms: number): void {
    if (this.isOver) return;
    this.runtime.clearTimer(this.#timer);
    this.#timer = this.runtime.setTimer(() => {
      const clock = this.clock();
      for (const standing of this.standings) {
        if (standing.answer === 'granted') standing.askAnew(clock);
        else if (standing.answer !== 'asked') standing.ask(clock);
      }
      this.onAnswer();
    }, ms);
  }

  /** No quorum answers. Who was waiting already rides out a lost connection; who has just come is refused at once. */
  #unreachable(now: number): void {
    this.#unreachableSince ??= now;
    if ((this.#state === 'queued' || this.#follows) && now - this.#unreachableSince < this.#context.timeoutMs) {
      this.#lookAfter(20 + 30 * this.runtime.random());
      return;
    }
    const cause = this.standings.find(({ answer }) => answer === 'failed')?.error;
    this.#refuse({ outcome: 'unavailable', cause: cause ?? new Error('no quorum of Redis servers answered') });
  }

  #refuse(refusal: Refusal): void {
    this.giveUp();
    this.#owner.onRefused(refusal);
  }

  #win(now: number): void {
    this.runtime.clearTimer(this.#timer);
    let lastToken = 0;
    let agreed = true;
    for (const standing of this.standings) {
      if (standing.answer !== 'granted' || standing.validUntil <= now) continue;
      agreed &&= lastToken === 0 || standing.lastToken === lastToken;
      lastToken = Math.max(lastToken, standing.lastToken);
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
      this.#lookAfter(this.#splitPauseMs * this.runtime.random());
    } else if (result === 'lost') {
      this.#refuse({ outcome: 'busy', retryAfterMs: quorumHeldForMs(this.standings, this.quorum) });
    } else {
      this.#refuse({ outcome: 'unavailable', cause: new Error('no quorum has kept the fencing token in time') });
    }
  }

  #queue(heldForMs: number): void {
    this.#state = 'queued';
    for (const { node } of this.standings) node.listen();
    this.#owner.onQueued(heldForMs);
  }

  #held(hold: Hold): void {
    this.#state = 'held';
    this.waits = false;
    this.#owner.onHeld(hold);
  }
}
