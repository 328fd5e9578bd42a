import { type Deadlines, Expiring } from './deadlines.ts';
import type { Hold } from './hold.ts';
import { checkTtl } from './options.ts';
import type { Runtime, Timer } from './runtime.ts';
import type { Lease, LossReason } from './types.ts';

/** Receives the end of a lease that it granted. */
export interface Grantor {
  /** @returns the validity of a grant with this TTL, less drift; both in milliseconds. */
  validityMs(ttlMs: number): number;
  /** The lease was released while it was valid. @returns the outcome of the release. */
  onRelease(hold: Hold): Promise<'released' | 'expired'>;
  /** The lease was lost before it was released. */
  onLoss(hold: Hold, reason: LossReason): void;
}

/** Options of a lease. Times are in milliseconds. */
export interface LeaseOptions {
  readonly key: string;
  readonly token: number;
  readonly ttlMs: number;
  readonly hold: Hold;
  readonly grantor: Grantor;
  readonly deadlines: Deadlines;
  readonly runtime: Runtime;
  /** How long it renews itself; undefined for never. */
  readonly autoExtendForMs: number | undefined;
}

/** One holder's turn in a hold, with its own deadline. */
export class GrantedLease extends Expiring implements Lease {
  readonly key: string;
  readonly #options: LeaseOptions;
  readonly #runtime: Runtime;
  readonly #grantedAt: number;
  #ttlMs: number;
  /** End of its validity. */
  override dueAt: number;
  /** The end that the last extension has asked for, possibly a sooner one. */
  #askedUntil = 0;
  #state: 'held' | 'lost' | 'released' = 'held';
  #renewal: Timer | undefined;
  #controller: AbortController | undefined; // created on first use: most leases end without it
  #releasing: Promise<'released' | 'expired'> | undefined;

  constructor(options: LeaseOptions) {
    super();
    const { key, ttlMs, hold, grantor, runtime } = options;
    this.key = key;
    this.#options = options;
    this.#runtime = runtime;
    this.#grantedAt = runtime.now();
    this.#ttlMs = ttlMs;
    this.dueAt = this.#grantedAt + Math.min(hold.validForMs(this.#grantedAt), grantor.validityMs(ttlMs));
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

  /** @returns the time since the grant, in ms. */
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
    this.#askedUntil = this.#runtime.now() + grantor.validityMs(ttlMs);
    // A shorter TTL counts for this lease at once. The nodes keep the longer one: a late request must not shorten a
    // TTL.
    this.dueAt = Math.min(this.dueAt, this.#askedUntil);
    deadlines.add(this);
    const validUntil = this.dueAt;
    const result = await hold.extend(ttlMs, { withinMs: this.validForMs(), isWanted: () => this.#state === 'held' });
    if (this.#state !== 'held') return 'lost';
    const isOver = this.validForMs() === 0; // its timer may be late
    // Its time may be up after another one was answered, which has restarted the TTL.
    const isRestarted = this.dueAt > validUntil && hold.validForMs() > 0;
    if (isOver || (result !== 'extended' && !isRestarted)) {
      this.#lose(result === 'lost' && !isOver ? 'stolen' : 'expired'); // a timer may be early, too
      return 'lost';
    }
    this.dueAt = Math.min(this.#runtime.now() + hold.validForMs(), this.#askedUntil);
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

  override onDue(): void {
    this.#lose('expired');
  }

  #release(): Promise<'released' | 'expired'> {
    const { hold, grantor } = this.#options;
    // The listener has called it in the middle of the first call, which may have handed the hold over to the next holder.
    if (this.#state === 'released') return Promise.resolve().then(() => this.release());
    if (this.validForMs() === 0) {
      this.#lose('expired');
      return hold.release().then(() => 'expired');
    }
    this.#state = 'released';
    this.#stopTimers();
    return grantor.onRelease(hold);
  }

  /** Renews it at a third of its TTL, never beyond `maxHoldMs`. */
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
    this.#controller?.abort(new Error(`the lease on ${this.key} expired or was lost`));
  }

  #stopTimers(): void {
    this.#options.deadlines.remove(this);
    this.#runtime.clearTimer(this.#renewal);
  }
}
