import type { DistributedLock } from '../redis-lock/index.ts';
import type { AccountStore } from './account.ts';
import { createLeasedMode } from './leased.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * A lock on a majority of independent Redis nodes: it outlives the loss of any minority of them. What it cannot outlive
 * is what the mode `redis` cannot either: a holder that is paused for longer than its lease.
 *
 * @param pings one for each node; each rejects when its node does not answer, within a bound of its own.
 */
export function createRedlockMode(
  accounts: AccountStore,
  lock: DistributedLock,
  pings: readonly (() => Promise<void>)[],
): LockMode {
  return createLeasedMode('redlock', accounts, lock, () => pingMajority(pings));
}

/** Resolves with the answer that makes a majority: the slowest nodes hold nobody up. */
function pingMajority(pings: readonly (() => Promise<void>)[]): Promise<void> {
  const quorum = Math.floor(pings.length / 2) + 1;
  return new Promise((resolve, reject) => {
    let answered = 0;
    let failed = 0;
    const succeed = () => {
      if (++answered === quorum) resolve();
    };
    const fail = (cause: unknown) => {
      if (++failed <= pings.length - quorum) return;
      reject(new Error(`${failed} of ${pings.length} Redis nodes do not answer`, { cause }));
    };
    for (const ping of pings) ping().then(succeed, fail);
  });
}
