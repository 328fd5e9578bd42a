import type { DistributedLock } from '../redis-lock/index.ts';
import { type AccountStore, plainAccount } from './account.ts';
import type { LockMode, LockModeName } from './lock-mode.ts';

/** What the modes with a lease have in common: `lock` keeps the rivals out, and the lease is looked at before the write. */
export function createLeasedMode(
  name: LockModeName,
  accounts: AccountStore,
  lock: DistributedLock,
  ping: () => Promise<void>,
): LockMode {
  return {
    name,
    lockOf: ({ key }) => key,
    guard({ key, userId, requestId, waitMs, signal }, work) {
      return lock.withLock(
        key,
        (lease) => {
          const account = plainAccount(accounts, userId, requestId);
          return work({
            token: lease.token,
            read: account.read,
            // A lease that has run out may be a rival's by now. Looking right before the write narrows that window and
            // cannot close it: the process can still be paused between this line and the UPDATE (Kleppmann 2016).
            write: async (paid, basis, demand) =>
              lease.validForMs() > 0 ? account.write(paid, basis, demand) : 'refused',
          });
        },
        { waitMs, signal },
      );
    },
    ping,
    close: () => lock.close(),
  };
}
