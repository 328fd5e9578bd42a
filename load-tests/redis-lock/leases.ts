import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AcquireOptions, Acquisition, DistributedLock, Lease } from '../../app/redis-lock/index.ts';
import { until } from '../../app/testing/until.ts';

/** Limit for `vi.waitFor` and `expect.poll` that only a hang reaches. */
export const inTime = { timeout: 60_000, interval: 10 };

/** A key that no other test uses. */
export const newKey = () => `lock-${randomUUID()}`;

/** @throws if the lease was not granted. */
export function leaseOf(acquisition: Acquisition): Lease {
  if (acquisition.outcome === 'acquired') return acquisition.lease;
  const { cause } = acquisition as { cause?: Error };
  throw new Error(`not acquired: ${acquisition.outcome}`, { cause });
}

/** Acquires a free key. */
export async function hold(lock: DistributedLock, key: string, options?: AcquireOptions): Promise<Lease> {
  return leaseOf(await lock.acquire(key, options));
}

/** Repeats the attempt until it is granted: a stall of the server may last longer than the lock's timeout. */
export function eventually(lock: DistributedLock, key: string, waitMs = 1000): Promise<Lease> {
  let outcome = '';
  const acquire = async () => {
    const acquisition = await lock.acquire(key, { waitMs });
    outcome = acquisition.outcome;
    return acquisition.outcome === 'acquired' && acquisition.lease;
  };
  const error = (message: string) => new Error(`${message}; it was ${outcome}`);
  return until(`${key} is acquired`, acquire, { withinMs: inTime.timeout, error });
}

/** The users that the lock's README prints, as the arguments of ACL: of one server, and of each server of a cluster. */
export function printedUsers(): string[][] {
  const readme = readFileSync(new URL('../../app/redis-lock/README.md', import.meta.url), 'utf8');
  return [...readme.matchAll(/^ACL (SETUSER .*)$/gm)].map(([, line = '']) => line.split(' '));
}

/** @returns what servers have refused by their ACL LOGs, but for what the clients and the lock only try. */
export function refusedIn(logs: unknown): string[] {
  const objects = [...JSON.stringify(logs).matchAll(/"object","([^"]+)"/g)].map(([, object = '']) => object);
  return objects.filter((object) => !/^(client\|.*|delex|delifeq)$/.test(object));
}
