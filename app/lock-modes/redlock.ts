import type { DistributedLock } from '../redis-lock/index.ts';
import type { AccountStore } from './account.ts';
import { createLeasedMode } from './leased.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * A lock on a majority of independent Redis nodes: survives the loss of any minority. Like `redis`, it does not survive a
 * holder that is paused for longer than its lease.
 *
 * @param pings one per node; each rejects if its node does not answer in time.
 */
export function createRedlockMode(
  accounts: AccountStore,
  lock: DistributedLock,
  pings: readonly (() => Promise<void>)[],
): LockMode {
  return createLeasedMode('redlock', accounts, lock, () => pingMajority(pings));
}

/** Resolves once a majority has answered, without waiting for the slowest nodes. */
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
