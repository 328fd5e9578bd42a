import type { AccountStore } from './account.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * Optimistic: no lock, and a write succeeds only over the version that it was decided on. Of the requests that read the
 * same version, one writes; the others are refused, take back their charges and start over. The price is wasted work.
 */
export function createVersionMode(accounts: AccountStore): LockMode {
  return {
    name: 'version',
    async guard({ userId, requestId }, work) {
      const value = await work({
        read: () => accounts.read(userId),
        write: (paid, { version }) =>
          accounts.write({ userId, paid, readVersion: version, requestId, onlyIf: { version } }),
      });
      return { outcome: 'done', value };
    },
    async ping() {},
    async close() {},
  };
}
