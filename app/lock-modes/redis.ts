import type { DistributedLock } from '../redis-lock/index.ts';
import type { AccountStore } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { createLeasedMode } from './shared/leased.ts';

/** A lock on one Redis, with an owner token and a safe release: the fix, within the limits of its TTL. */
export function createRedisMode(accounts: AccountStore, lock: DistributedLock): LockMode {
  return createLeasedMode('redis', accounts, lock);
}
