import type { Grant } from './grants.ts';
import { Hold, type Won } from './hold.ts';
import type { LockKeys } from './keys.ts';
import type { LockNode } from './node.ts';
import { scripts } from './script.ts';
import { newStanding, quorumHeldForMs, type Standing } from './standing.ts';
import { TimeoutError } from './timing.ts';
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
  /** @returns for how long a grant with this TTL is good, less drift; both in milliseconds. */
  readonly validityMs: (ttlMs: number) => number;
  /** @returns an id that no other claim has, in the form that grant.lua reads. */
  readonly newId: (ttlMs: number) => string;
  /** Those that may hear of grants, by id. */
  readonly claims: Map<string, Claim>;
}

/** The longest pause between two looks at a lock that one waits for, in ms: the news of a grant may be lost. */
const lookInMs = 1000;

/**
 * One id's way to a lock, on all of its nodes: asking, waiting in their queues, until a quorum has granted it. With one
 * node it is the lock of a single Redis, with several it is Redlock: all are asked at once and the quorum decides without
 * waiting for the slowest (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 *
 * Where nodes are split between rivals, each rival passes what it has on to the one who came first, as all of them stand in
 * the same order in every queue.
 */
export class Claim implements Won {
  readonly id: string;
  readonly keys: LockKeys;
  readonly ttlMs: number;
  readonly #context: ClaimContext;
  readonly #owner: ClaimOwner;
  readonly standings: readonly Standing[];
  readonly quorum: number;
  /** The caller's clock for the scripts, in microseconds, on which several nodes can agree; one goes by its own. */
  readonly now: string;
  #state: 'asking' | 'queued' | 'confirming' | 'held' | 'over' = 'asking';
  #wait = false;
  #timer: NodeJS.Timeout | undefined;
  #splitPauseMs = 1;
  #unreachableSince: number | undefined;

  constructor(context: ClaimContext, keys: LockKeys, ttlMs: number, owner: ClaimOwner) {
    const { nodes } = context;
    this.id = context.newId(ttlMs);
    this.keys = keys;
    this.ttlMs = ttlMs;
    this.#context = context;
    this.#owner = owner;
    this.standings = nodes.map(newStanding);
    this.quorum = Math.floor(nodes.length / 2) + 1;
    this.now = nodes.length === 1 ? '' : String(Math.round((performance.timeOrigin + performance.now()) * 1000));
  }

  /**
   * Asks all nodes.
   *
   * @param wait whether to queue where somebody else holds the lock.
   * @param previous a hold that is given up for this claim in the same moment.
   */
  ask(wait: boolean, previous?: Hold): void {
    this.#wait = wait;
    this.#context.claims.set(this.id, this);
    for (const standing of this.standings) this.#askNode(standing, previous);
    this.#tally();
  }

  /** Gives up whatever it has come to. Nothing is told to the owner any more. */
  giveUp(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#timer);
    this.#context.claims.delete(this.id);
    for (const { node, told, answer } of this.standings) {
      if (told && (answer !== 'busy' || this.#wait)) node.giveUp(this.keys, this.id, this.now, this.ttlMs);
    }
  }

  /** @returns for how long a grant with this TTL is good, less drift; both in milliseconds. */
  validityMs(ttlMs: number): number {
    return this.#context.validityMs(ttlMs);
  }

  /** Asks a node for the lock again that has lost it. */
  retake(standing: Standing): void {
    this.#askNode(standing);
  }

  /** What was won is over. */
  end(): void {
    this.#state = 'over';
    this.#context.claims.delete(this.id);
  }

  /** A node has handed the lock on to this claim. */
  onGrant(node: LockNode, { lastToken, micros }: Grant): void {
    const standing = this.standings.find((one) => one.node === node);
    if (!standing || this.#state === 'over') return;
    // The news may have been under way for long: what counts is when it was granted. Where that cannot be told, ask.
    const { clock } = standing;
    const known = clock && clock.connection === node.connection;
    const since = known ? clock.notBefore + (micros - clock.micros) / 1000 : Number.NEGATIVE_INFINITY;
    if (!this.#granted(standing, Math.min(since, performance.now()), lastToken)) this.#askNode(standing);
    this.#tally();
  }

  /** A node can be heard again, or for the first time: queue there, where it could not be done before. */
  onListening(node: LockNode): void {
    if (this.#state !== 'queued') return;
    for (const standing of this.standings) if (standing.node === node) this.#askNode(standing);
  }

  #askNode(standing: Standing, previous?: { readonly id: string }): void {
    if (this.#isOver()) return; // else it would queue, or be granted, for nobody
    const { node } = standing;
    const askedAt = performance.now();
    standing.answer = 'asked';
    const failed = (error: Error): void => {
      standing.answer = 'failed';
      standing.error = error;
      if (previous && previous !== this) node.giveUp(this.keys, previous.id, this.now, this.ttlMs);
    };
    const wait = this.#wait && node.listening;
    const asked = node.run(
      scripts.acquire,
      this.keys,
      [this.id, String(this.ttlMs), wait ? '1' : '0', this.now, previous?.id ?? ''],
      (error, reply) => {
        if (error) {
          failed(error);
        } else if (typeof reply === 'number') {
          this.#granted(standing, askedAt, reply);
        } else {
          const [queued, heldForMs, micros] = reply as [number, number, number];
          standing.answer = queued ? 'queued' : 'busy';
          standing.heldForMs = heldForMs;
          standing.clock = { micros, notBefore: askedAt, connection: node.connection };
        }
        this.#tally();
      },
      () => this.#state !== 'over',
    );
    if (asked) standing.told = true;
    else failed(new TimeoutError('Redis has not answered for a while'));
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  /** @returns false for a grant that has run out on its way. */
  #granted(standing: Standing, since: number, lastToken: number): boolean {
    const validUntil = since + this.#context.validityMs(this.ttlMs);
    if (validUntil <= performance.now()) {
      standing.answer = 'failed';
      standing.error = new Error('Redis took longer to answer than the lock was to live');
      return false;
    }
    standing.answer = 'granted';
    standing.validUntil = validUntil;
    standing.lastToken = lastToken;
    return true;
  }

  /** Sees what the answers so far come to. */
  #tally(): void {
    if (this.#state !== 'asking' && this.#state !== 'queued') return;
    const now = performance.now();
    let granted = 0;
    let elsewhere = 0;
    let open = 0;
    for (const { answer, validUntil } of this.standings) {
      if (answer === 'granted' && validUntil > now) granted += 1;
      else if (answer === 'asked') open += 1;
      else if (answer !== 'failed') elsewhere += 1;
    }
    if (granted >= this.quorum) this.#win(now);
    else if (open > 0 && granted + open >= this.quorum)
      return; // what is still to come may decide it
    else if (granted + elsewhere >= this.quorum) this.#heldElsewhere(granted, open);
    else if (open === 0) this.#unreachable(now);
  }

  /** A quorum has answered and cannot be had now: refuse, or wait. */
  #heldElsewhere(granted: number, open: number): void {
    this.#unreachableSince = undefined;
    const heldForMs = Math.max(0, quorumHeldForMs(this.standings, this.quorum));
    if (!this.#wait) {
      this.#refuse({ outcome: 'busy', retryAfterMs: heldForMs });
      return;
    }
    if (this.#state === 'asking') {
      this.#state = 'queued';
      for (const { node } of this.standings) node.listen();
      this.#owner.onQueued(heldForMs);
      if (this.#isOver()) return; // nobody wanted to wait
    }
    for (const standing of this.standings) {
      if (standing.answer === 'busy' && standing.node.listening) this.#askNode(standing); // it was not, when we asked
    }
    if (open > 0) return;
    if (granted > 0) {
      // A rival may wait for what this claim has: let it go soon, then ever more seldom.
      this.#lookAfter(this.#splitPauseMs * Math.random());
      this.#splitPauseMs = Math.min(2 * this.#splitPauseMs, lookInMs);
    } else {
      this.#lookAfter(Math.min(lookInMs * (0.5 + Math.random() / 2), heldForMs + 5 + 45 * Math.random()));
    }
  }

  /** Looks again at every node, and passes on what it has of a lock that it does not get. */
  #lookAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const standing of this.standings) {
        if (standing.answer === 'asked') continue;
        this.#askNode(standing, standing.answer === 'granted' ? this : undefined);
      }
      this.#tally();
    }, ms);
  }

  /** No quorum answers. One that was in the queue already rides out a lost connection; a new one is refused at once. */
  #unreachable(now: number): void {
    this.#unreachableSince ??= now;
    if (this.#state === 'queued' && now - this.#unreachableSince < this.#context.timeoutMs) {
      this.#lookAfter(20 + 30 * Math.random());
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
    clearTimeout(this.#timer);
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
    const result = await hold.extend(this.ttlMs, hold.lastToken);
    if (this.#state !== 'confirming') return;
    if (result === 'extended') this.#held(hold);
    else this.#refuse({ outcome: 'unavailable', cause: new Error('a quorum was granted and lost again at once') });
  }

  #held(hold: Hold): void {
    this.#state = 'held';
    this.#wait = false;
    this.#owner.onHeld(hold);
  }
}
