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

/** Acquires again and again, for a limited time. */
export async function eventually(lock: DistributedLock, key: string, withinMs = 10_000): Promise<Lease> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const acquisition = await lock.acquire(key, { waitMs: 1000 });
    if (acquisition.outcome === 'acquired' || performance.now() > deadline) return leaseOf(acquisition);
    await sleep(20);
  }
}
