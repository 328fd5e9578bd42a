import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcquireOptions, Acquisition, DistributedLock, Lease } from '../../app/redis-lock/index.ts';

/** A key that no other test uses. */
export const newKey = () => `lock-${randomUUID()}`;

/** @throws when the lease was not granted. */
export function leaseOf(acquisition: Acquisition): Lease {
  if (acquisition.outcome === 'acquired') return acquisition.lease;
  const { cause } = acquisition as { cause?: Error };
  throw new Error(`not acquired: ${acquisition.outcome}`, { cause });
}

/** Acquires a key that must be to be had. */
export async function hold(lock: DistributedLock, key: string, options?: AcquireOptions): Promise<Lease> {
  return leaseOf(await lock.acquire(key, options));
}

/** Acquires as a caller does that was told to come again: as often as it takes, but not for long. */
export async function eventually(lock: DistributedLock, key: string, withinMs = 4000): Promise<Lease> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const acquisition = await lock.acquire(key, { waitMs: 1000 });
    if (acquisition.outcome === 'acquired' || performance.now() > deadline) return leaseOf(acquisition);
    await sleep(20);
  }
}

/** @returns what `action` came to, and how long that took. */
export async function timed<T>(action: () => Promise<T>): Promise<{ value: T; tookMs: number }> {
  const startedAt = performance.now();
  const value = await action();
  return { value, tookMs: performance.now() - startedAt };
}

/** Resolves when the signal has aborted, with the time that took. @throws when it has not after `withinMs`. */
export async function aborted(signal: AbortSignal, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  if (!signal.aborted) {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the signal has not aborted after ${withinMs} ms`)), withinMs);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  return performance.now() - startedAt;
}
