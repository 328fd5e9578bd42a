import type { DistributedLock } from '../../redis-lock/index.ts';
import { type AccountStore, plainAccount } from '../account.ts';
import type { LockMode } from '../lock-mode.ts';
import type { LockModeName } from '../registry.ts';

/** Shared by the modes with a lease: `lock` excludes rivals, and the lease is checked before the write. */
export function createLeasedMode(name: LockModeName, accounts: AccountStore, lock: DistributedLock): LockMode {
  return {
    name,
    lockOf: ({ key }) => key,
    guard({ key, userId, attempt, waitMs, signal }, work) {
      return lock.withLock(
        key,
        (lease) => {
          const account = plainAccount(accounts, userId, attempt);
          return work({
            token: lease.token,
            renew: () => lease.extend(),
            read: account.read,
            // An expired lease may belong to a rival by now. This check narrows the window but cannot close it: the process
            // can still be paused between this line and the UPDATE (Kleppmann 2016).
            write: async (change, snapshot, precondition) =>
              lease.validForMs() > 0 ? account.write(change, snapshot, precondition) : 'lease-lost',
          });
        },
        { waitMs, signal },
      );
    },
    close: () => lock.close(),
  };
}
