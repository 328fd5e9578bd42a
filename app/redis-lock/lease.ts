import type { Lease, LossReason } from './types.ts';

/** What a lease needs of whoever granted it. Times are in milliseconds. */
export interface Grantor {
  readonly key: string;
  readonly token: number;
  readonly ttlMs: number;
  /** What is left of the lock itself, by the monotonic clock, less drift. */
  holdValidForMs(): number;
  /** @returns for how long a grant with this TTL is good, less drift. */
  validityMs(ttlMs: number): number;
  extend(ttlMs: number): Promise<'extended' | 'lost'>;
  /** Called once, unless the lease was lost before. */
  release(): Promise<'released' | 'expired'>;
  /** Called once, when the lease is lost before it was released. */
  onLost(reason: LossReason): void;
  /** Called for the release of a lease that was lost: what is left of it goes. */
  cleanUp(): Promise<void>;
  /** How long the lease is renewed by itself; undefined for not at all. */
  readonly autoExtendForMs: number | undefined;
}

/** Makes the lease and starts its clock. */
export function createLease(grantor: Grantor): Lease {
  const grantedAt = performance.now();
  let validUntil = grantedAt + Math.min(grantor.holdValidForMs(), grantor.validityMs(grantor.ttlMs));
  let controller: AbortController | undefined; // made when somebody asks: most work is done long before
  let state: 'held' | 'lost' | 'released' = 'held';
  let lost: Error | undefined;
  let releasing: Promise<'released' | 'expired'> | undefined;
  let expiry = expireAfter();
  let renewal = renewAfter();

  const leftMs = (): number => (state === 'held' ? Math.max(0, validUntil - performance.now()) : 0);

  function expireAfter(): NodeJS.Timeout {
    return setTimeout(() => lose('expired'), Math.ceil(validUntil - performance.now())).unref();
  }

  function renewAfter(): NodeJS.Timeout | undefined {
    if (grantor.autoExtendForMs === undefined) return undefined;
    const pauseMs = grantor.ttlMs / 3;
    if (performance.now() + pauseMs > grantedAt + grantor.autoExtendForMs) return undefined;
    return setTimeout(async () => {
      if ((await extend(grantor.ttlMs)) === 'extended') renewal = renewAfter();
    }, pauseMs).unref();
  }

  function lose(reason: LossReason): void {
    if (state !== 'held') return;
    state = 'lost';
    stopTimers();
    lost = new Error(`the lease on ${grantor.key} ${reason === 'expired' ? 'has run out' : 'was lost'}`);
    grantor.onLost(reason);
    controller?.abort(lost);
  }

  function stopTimers(): void {
    clearTimeout(expiry);
    clearTimeout(renewal);
  }

  async function extend(ttlMs: number): Promise<'extended' | 'lost'> {
    if (leftMs() === 0) {
      lose('expired');
      return 'lost';
    }
    const askedAt = performance.now();
    const result = await grantor.extend(ttlMs);
    if (state !== 'held') return 'lost';
    if (result === 'lost') {
      lose(performance.now() >= validUntil ? 'expired' : 'stolen');
      return 'lost';
    }
    validUntil = Math.min(performance.now() + grantor.holdValidForMs(), askedAt + grantor.validityMs(ttlMs));
    clearTimeout(expiry);
    expiry = expireAfter();
    return 'extended';
  }

  async function giveUp(): Promise<'released' | 'expired'> {
    if (leftMs() === 0) {
      lose('expired');
      await grantor.cleanUp();
      return 'expired';
    }
    state = 'released';
    stopTimers();
    return grantor.release();
  }

  const lease: Lease = {
    key: grantor.key,
    get token() {
      return BigInt(grantor.token);
    },
    get signal() {
      if (!controller) {
        controller = new AbortController();
        if (lost) controller.abort(lost);
      }
      return controller.signal;
    },
    validForMs: leftMs,
    extend: (ttlMs = grantor.ttlMs) => extend(ttlMs),
    release() {
      releasing ??= giveUp();
      return releasing;
    },
    async [Symbol.asyncDispose]() {
      await lease.release();
    },
  };
  return lease;
}
