import type { DistributedLock } from '../redis-lock/index.ts';
import { type AccountStore, plainAccount } from './account.ts';
import type { LockMode } from './lock-mode.ts';

/** A lock on one Redis with an owner id and a safe release: the fix, within the limits of its TTL. */
export function createRedisMode(accounts: AccountStore, lock: DistributedLock, ping: () => Promise<void>): LockMode {
  return {
    name: 'redis',
    guard({ key, userId, requestId, waitMs, signal }, work) {
      return lock.withLock(
        key,
        (lease) => {
          const account = plainAccount(accounts, userId, requestId);
          return work({
            read: account.read,
            // A lease that has run out may be a rival's by now. Looking right before the write narrows that window and
            // cannot close it: the process can still be paused between this line and the UPDATE (Kleppmann 2016).
            write: async (paid, basis) => (lease.validForMs() > 0 ? account.write(paid, basis) : 'refused'),
          });
        },
        { waitMs, signal },
      );
    },
    ping,
    close: () => lock.close(),
  };
}
