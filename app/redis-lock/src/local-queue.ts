import { AcquireAttempt, type AttemptContext, type AttemptOwner } from './acquire-attempt.ts';
import type { Deadlines } from './deadlines.ts';
import type { Hold } from './hold.ts';
import type { LockKeys } from './keys.ts';
import { GrantedLease, type Grantor } from './lease.ts';
import { tokensPerGrant } from './script.ts';
import type { LockListener, LossReason, Refusal } from './types.ts';
import type { Waiter } from './waiter.ts';

/** Shared by all local queues of one lock object. */
export interface LocalQueueContext extends AttemptContext {
  readonly listener: LockListener;
  readonly deadlines: Deadlines;
  /** How long leases renew themselves, in ms; undefined for never. */
  readonly autoExtendForMs: number | undefined;
  /** The local queue has no waiter and no hold left. */
  readonly onIdle: (localQueue: LocalQueue) => void;
}

/**
 * The callers in this process that want one key. Redis sees them as one client: "lock cohorting" (Dice, Marathe and
 * Shavit, PPoPP 2012). Once the process holds the lock, the callers that waited by then get it one after the other
 * without asking Redis, each with its own fencing token. Then the process goes to the end of Redis's queue, so that
 * other processes get their turn. The order is first come, first served, within the process and between processes.
 */
export class LocalQueue implements AttemptOwner, Grantor {
  readonly keys: LockKeys;
  readonly #context: LocalQueueContext;
  /** By arrival. */
  readonly #waiters = new Set<Waiter>();
  #attempt: AcquireAttempt | undefined;
  #hold: Hold | undefined;
  #lease: GrantedLease | undefined;
  #queued = false;
  #upgrading: Promise<unknown> | undefined;
  #closed = false;
  /** The end of the current holder's TTL, on the monotonic clock. */
  #heldUntil = 0;

  constructor(context: LocalQueueContext, keys: LockKeys) {
    this.#context = context;
    this.keys = keys;
  }

  /** Adds a waiter. */
  join(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (!this.#attempt && !this.#hold) this.#ask();
    else if (this.#hold || this.#queued) this.#arm(waiter);
  }

  /** Ends every wait and releases the lock if it is held. */
  async close(): Promise<void> {
    this.#closed = true;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.settle({ outcome: 'aborted' });
    if (!this.#hold) this.#abandon();
    await this.#upgrading;
    await this.#lease?.release();
  }

  onHeld(hold: Hold): void {
    this.#attempt = undefined;
    this.#queued = false;
    this.#hold = hold;
    let eligible = 0;
    for (const waiter of this.#waiters) {
      if (++eligible > tokensPerGrant) break;
      waiter.eligibleFor = hold; // later waiters queue behind other processes
    }
    void this.#grant(hold, false);
    for (const waiter of this.#waiters) this.#arm(waiter);
  }

  onQueued(heldForMs: number): void {
    this.#queued = true;
    this.#heldUntil = this.#context.runtime.now() + heldForMs;
    for (const waiter of this.#waiters) this.#arm(waiter);
  }

  onRefused(refusal: Refusal): void {
    this.#attempt = undefined;
    this.#queued = false;
    for (const waiter of [...this.#waiters]) {
      if (refusal.outcome === 'busy' && waiter.leftMs() > 0) continue;
      this.#waiters.delete(waiter);
      waiter.settle(waiter.signal?.aborted ? { outcome: 'aborted' } : refusal);
    }
    if (this.#attempt || this.#hold) return; // the listener has called acquire, which has asked for all of them
    if (this.#waiters.size > 0) this.#ask();
    else this.#context.onIdle(this);
  }

  /** Asks Redis on behalf of all waiters, and releases `previous` with the same scripts. */
  #ask(previous?: Hold): void {
    const ttlMs = this.#first()?.ttlMs ?? 0;
    this.#attempt = new AcquireAttempt(this.#context, this.keys, ttlMs, this);
    this.#attempt.ask(this.#isWaiting(), previous?.grants);
  }

  #isWaiting(): boolean {
    for (const waiter of this.#waiters) if (waiter.leftMs() > 0) return true;
    return false;
  }

  #first(): Waiter | undefined {
    return this.#waiters.values().next().value;
  }

  /** Grants the lock to the first waiter whose signal has not aborted. Without one that may have it, returns it to Redis. */
  #grant(hold: Hold, handedOver: boolean): Promise<'released' | 'expired'> {
    for (const waiter of this.#waiters) {
      // A hold is handed over only with at least nine tenths of a new grant's validity.
      const isEligible = waiter.eligibleFor === hold && hold.validForMs() >= 0.9 * this.validityMs(waiter.ttlMs);
      if (handedOver && !isEligible) break;
      this.#waiters.delete(waiter);
      waiter.disarm();
      if (waiter.signal?.aborted) {
        waiter.settle({ outcome: 'aborted' });
        continue;
      }
      if (hold.suffices(waiter.ttlMs, waiter.minToken)) this.#grantTo(waiter, hold, handedOver);
      else this.#upgrading = this.#upgrade(waiter, hold, handedOver);
      return Promise.resolve('released');
    }
    return this.#returnToRedis(hold);
  }

  /** Raises the hold's TTL and tokens for the next waiter, then grants it. */
  async #upgrade(waiter: Waiter, hold: Hold, handedOver: boolean): Promise<unknown> {
    const result = await hold.upgrade(waiter.ttlMs, waiter.minToken, this.#context.timeoutMs);
    if (this.#closed) {
      waiter.settle({ outcome: 'aborted' });
    } else if (waiter.signal?.aborted) {
      waiter.settle({ outcome: 'aborted' });
      if (result === 'extended') return this.#grant(hold, handedOver);
    } else if (result === 'extended') {
      return this.#grantTo(waiter, hold, handedOver);
    } else if (result === 'lost' || hold.validForMs() <= 0) {
      // Also if the answer was too late for a short TTL, as after a pause of this process: the node may answer all the same.
      this.#putBack(waiter);
    } else {
      waiter.settle({
        outcome: 'unavailable',
        cause: new Error('the lock was granted, but its TTL or token was not raised in time'),
      });
    }
    return this.#returnToRedis(hold);
  }

  /** Puts the waiter first in line for the next grant. */
  #putBack(waiter: Waiter): void {
    const others = [...this.#waiters];
    this.#waiters.clear();
    for (const each of [waiter, ...others]) this.#waiters.add(each);
  }

  #grantTo(waiter: Waiter, hold: Hold, handedOver: boolean): void {
    const { ttlMs } = waiter;
    const { fencing, autoExtendForMs, deadlines, runtime } = this.#context;
    const { lock: key } = this.keys;
    const taken = hold.takeToken(); // also counts the hand-overs
    const token = fencing ? taken : 0;
    const lease = new GrantedLease({ key, token, ttlMs, hold, grantor: this, deadlines, runtime, autoExtendForMs });
    this.#lease = lease;
    waiter.settle({ outcome: 'acquired', lease }, handedOver);
  }

  validityMs(ttlMs: number): number {
    return this.#context.validityMs(ttlMs);
  }

  onRelease(hold: Hold): Promise<'released' | 'expired'> {
    const holdMs = this.#lease?.heldMs() ?? 0;
    const released = this.#grant(hold, true);
    const { listener } = this.#context;
    if (listener.onRelease) {
      const { lock: key } = this.keys;
      released.then((outcome) => listener.onRelease?.({ key, outcome, holdMs }));
    }
    return released;
  }

  onLoss(hold: Hold, reason: LossReason): void {
    this.#context.listener.onLost?.({ key: this.keys.lock, reason, holdMs: this.#lease?.heldMs() ?? 0 });
    void this.#returnToRedis(hold);
  }

  /** Releases the lock to other processes, and queues behind them for the waiters that are left. */
  #returnToRedis(hold: Hold): Promise<'released' | 'expired'> {
    this.#hold = undefined;
    this.#lease = undefined;
    if (this.#waiters.size === 0) {
      this.#context.onIdle(this);
      return hold.release();
    }
    hold.end();
    this.#ask(hold);
    return Promise.resolve('released');
  }

  /** From now on the waiter leaves at the end of its wait or when its signal aborts. */
  #arm(waiter: Waiter): void {
    waiter.arm((outcome) => {
      this.#waiters.delete(waiter);
      const retryAfterMs = this.#hold?.validForMs() ?? Math.max(0, this.#heldUntil - this.#context.runtime.now());
      waiter.settle(outcome === 'aborted' ? { outcome } : { outcome, retryAfterMs });
      if (this.#waiters.size === 0 && !this.#hold) this.#abandon();
    });
  }

  #abandon(): void {
    this.#attempt?.abandon();
    this.#attempt = undefined;
    this.#queued = false;
    this.#context.onIdle(this);
  }
}
