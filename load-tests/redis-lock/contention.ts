import { expect } from 'vitest';
import type { DistributedLock } from '../../app/redis-lock/index.ts';
import { settleAll } from '../client/recorded-load.ts';
import { leaseOf } from './leases.ts';

/** A lease, from the answer that granted it to the call that released it. */
interface Held {
  readonly token: bigint;
  readonly from: number;
  readonly to: number;
}

interface Contention {
  readonly locks: readonly DistributedLock[];
  readonly keys: readonly string[];
  readonly callersEach: number;
  /** Turns of each caller at least: it goes on until `disturb` has ended. */
  readonly turns: number;
  readonly disturb?: () => Promise<void>;
}

/** Each lock's callers take each key in turn; in each fifth turn, they extend the lease. @returns who held which key. */
export async function contend({ locks, keys, callersEach, turns, disturb }: Contention) {
  const held = new Map<string, Held[]>(keys.map((key) => [key, []]));
  let isOver = disturb === undefined;
  const caller = async (key: string, lock: DistributedLock) => {
    for (let turn = 0; turn < turns || !isOver; turn++) {
      const lease = leaseOf(await lock.acquire(key, { waitMs: 60_000 }));
      const from = performance.now();
      if (turn % 5 === 0) expect(await lease.extend()).toBe('extended');
      else await new Promise((resolve) => setTimeout(resolve, 1));
      const to = performance.now();
      expect(await lease.release()).toBe('released');
      held.get(key)?.push({ token: lease.token, from, to });
    }
  };
  const callers = keys.flatMap((key) =>
    locks.flatMap((lock) => Array.from({ length: callersEach }, () => caller(key, lock))),
  );
  const disturbed = disturb?.().finally(() => {
    isOver = true;
  });
  await settleAll([disturbed ?? Promise.resolve(), ...callers]);
  return held;
}

/** Asserts that each key had one holder at a time, with rising tokens, and so many leases at least. */
export function expectOneAtATime(held: ReadonlyMap<string, Held[]>, least: number): void {
  for (const [key, leases] of held) {
    expect(leases.length).toBeGreaterThanOrEqual(least);
    leases.sort((a, b) => a.from - b.from);
    const next = leases.slice(1);
    const overlapping = next.filter(({ from }, index) => from < (leases[index]?.to ?? 0));
    const falling = next.filter(({ token }, index) => token <= (leases[index]?.token ?? 0n));
    expect({ key, overlapping, falling }).toEqual({ key, overlapping: [], falling: [] });
  }
}
