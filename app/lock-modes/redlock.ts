import type { DistributedLock } from '../redis-lock/index.ts';
import type { AccountStore } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { createLeasedMode } from './shared/leased.ts';

/**
 * A lock on a majority of independent Redis nodes: survives the loss of any minority. Like `redis`, it does not survive a
 * holder that is paused for longer than its lease.
 */
export function createRedlockMode(accounts: AccountStore, lock: DistributedLock): LockMode {
  return createLeasedMode('redlock', accounts, lock);
}
