import type { Deadlines, Expiring } from './deadlines.ts';
import type { Hold } from './hold.ts';
import { checkTtl } from './options.ts';
import type { Runtime, Timer } from './runtime.ts';
import type { Lease, LossReason } from './types.ts';

/** Whoever granted a lease hears of its end. */
export interface Grantor {
  /** For how long a grant with this TTL is good, less drift; both in milliseconds. */
  validityMs(ttlMs: number): number;
  /** The lease was released while it was valid. @returns what came of giving the lock up. */
  onRelease(hold: Hold): Promise<'released' | 'expired'>;
  /** The lease was lost before it was released. */
  onLoss(hold: Hold, reason: LossReason): void;
}

/** What a lease is made of. Times are in milliseconds. */
export interface LeaseOptions {
  readonly key: string;
  readonly token: number;
  readonly ttlMs: number;
  readonly hold: Hold;
  readonly grantor: Grantor;
  readonly deadlines: Deadlines;
  readonly runtime: Runtime;
  /** How long it is renewed by itself; undefined for not at all. */
  readonly autoExtendForMs: number | undefined;
}

/** One holder's part of a hold, with a clock of its own. */
export class GrantedLease implements Lease, Expiring {
  readonly key: string;
  readonly #options: LeaseOptions;
  readonly #runtime: Runtime;
  readonly #grantedAt: number;
  #ttlMs: number;
  /** Until when it is valid. */
  dueAt: number;
  #state: 'held' | 'lost' | 'released' = 'held';
  #renewal: Timer | undefined;
  #controller: AbortController | undefined; // made when somebody asks: most work is done long before
  #releasing: Promise<'released' | 'expired'> | undefined;
  #extensions = 0;

  constructor(options: LeaseOptions) {
    const { key, ttlMs, hold, grantor, runtime } = options;
    this.key = key;
    this.#options = options;
    this.#runtime = runtime;
    this.#grantedAt = runtime.now();
    this.#ttlMs = ttlMs;
    this.dueAt = this.#grantedAt + Math.min(hold.validForMs(), grantor.validityMs(ttlMs));
    options.deadlines.add(this);
    this.#renew();
  }

  get token(): bigint {
    return BigInt(this.#options.token);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#state === 'lost') this.#abort();
    }
    return this.#controller.signal;
  }

  /** @returns for how long it has been held, in ms. */
  heldMs(): number {
    return this.#runtime.now() - this.#grantedAt;
  }

  validForMs(): number {
    return this.#state === 'held' ? Math.max(0, this.dueAt - this.#runtime.now()) : 0;
  }

  async extend(ttlMs = this.#ttlMs): Promise<'extended' | 'lost'> {
    checkTtl(ttlMs, (forMs) => this.#options.grantor.validityMs(forMs));
    this.#ttlMs = ttlMs;
    if (this.#state === 'held') this.#renew(); // at a third of the new TTL
    return this.#extend(ttlMs);
  }

  async #extend(ttlMs: number): Promise<'extended' | 'lost'> {
    if (this.validForMs() === 0) {
      this.#lose('expired');
      return 'lost';
    }
    const { hold, grantor, deadlines } = this.#options;
    const askedAt = this.#runtime.now();
    const number = ++this.#extensions;
    // A shorter TTL counts for this lease at once; the nodes keep the longer one, so that no late request can shorten it.
    this.dueAt = Math.min(this.dueAt, askedAt + grantor.validityMs(ttlMs));
    deadlines.add(this);
    const result = await hold.extend(ttlMs, { withinMs: this.validForMs(), isWanted: () => this.#state === 'held' });
    if (this.#state !== 'held') return 'lost';
    if (result !== 'extended' || this.validForMs() === 0) {
      this.#lose(result === 'lost' ? 'stolen' : 'expired');
      return 'lost';
    }
    if (number !== this.#extensions) return 'extended'; // a newer one, which may be shorter, decides
    this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), askedAt + grantor.validityMs(ttlMs));
    deadlines.add(this);
    return 'extended';
  }

  release(): Promise<'released' | 'expired'> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  onDue(): void {
    this.#lose('expired');
  }

  #release(): Promise<'released' | 'expired'> {
    const { hold, grantor } = this.#options;
    if (this.validForMs() === 0) {
      this.#lose('expired');
      return hold.release().then(() => 'expired');
    }
    this.#state = 'released';
    this.#stopTimers();
    return grantor.onRelease(hold);
  }

  /** Renews it at a third of its TTL, and never beyond the time for which it may be held at the most. */
  #renew(): void {
    const { autoExtendForMs } = this.#options;
    if (autoExtendForMs === undefined) return;
    this.#runtime.clearTimer(this.#renewal);
    this.#renewal = this.#runtime.setBackgroundTimer(async () => {
      const ttlMs = Math.min(this.#ttlMs, Math.floor(autoExtendForMs - this.heldMs()));
      if (ttlMs <= this.validForMs()) return;
      if ((await this.#extend(ttlMs)) === 'extended' && this.#state === 'held') this.#renew();
    }, this.#ttlMs / 3);
  }

  #lose(reason: LossReason): void {
    if (this.#state !== 'held') return;
    this.#state = 'lost';
    this.#stopTimers();
    this.#options.grantor.onLoss(this.#options.hold, reason);
    this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new Error(`the lease on ${this.key} has run out or was lost`));
  }

  #stopTimers(): void {
    this.#options.deadlines.remove(this);
    this.#runtime.clearTimer(this.#renewal);
  }
}
