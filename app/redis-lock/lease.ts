import type { Lease } from './types.ts';

/** What a lease needs of the lock that granted it. */
export interface Grantor {
  /** Asks Redis to give the lock up; resolves to 1 when it was still ours. */
  release(): Promise<unknown>;
  /** Called once, when the lease is released. */
  onEnd(): void;
}

/** @param validUntil on this process's monotonic clock (`performance.now()`), in milliseconds. */
export function createLease(key: string, validUntil: number, grantor: Grantor): Lease {
  let controller: AbortController | undefined; // made when somebody asks: most work is done long before
  let timer: NodeJS.Timeout | undefined;
  let releasing: Promise<'released' | 'expired'> | undefined;

  const leftMs = () => (releasing ? 0 : Math.max(0, validUntil - performance.now()));

  function signal(): AbortSignal {
    if (controller) return controller.signal;
    const made = new AbortController();
    controller = made;
    const expire = () => made.abort(new Error(`the lease on ${key} has run out`));
    if (leftMs() === 0) expire();
    else timer = setTimeout(expire, Math.ceil(leftMs())).unref();
    return made.signal;
  }

  async function giveUp(): Promise<'released' | 'expired'> {
    clearTimeout(timer);
    grantor.onEnd();
    try {
      return (await grantor.release()) === 1 ? 'released' : 'expired';
    } catch {
      return 'expired'; // Redis did not answer: the TTL ends it
    }
  }

  const lease: Lease = {
    key,
    get signal() {
      return signal();
    },
    // A timer may be up to 1 ms early: once the signal has said so, the lease has run out.
    validForMs: () => (controller?.signal.aborted ? 0 : leftMs()),
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
