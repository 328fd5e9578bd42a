import type { AccountStore } from './account.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * No lock: everybody reads and acts at once, and a write is carried out only over the version that it was decided on.
 * Of those who read the same version one writes; the others are refused, take back what they did, and start again.
 * What it costs is the work that is done for nothing, and charges that are made and taken back.
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
