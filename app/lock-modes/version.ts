import type { AccountStore } from './account.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * Optimistic: no lock, and a write succeeds only over the version that it was decided on. Of the requests that read the
 * same version, one writes; the others are refused, take back their charges and start over. The price is wasted work.
 */
export function createVersionMode(accounts: AccountStore): LockMode {
  return {
    name: 'version',
    async guard({ userId, attempt }, work) {
      const value = await work({
        read: () => accounts.read(userId),
        write: (change, { version }) =>
          accounts.write({ userId, change, readVersion: version, attempt, onlyIf: { version } }),
      });
      return { outcome: 'done', value };
    },
    async close() {},
  };
}
