import type { AccountStore } from './account.ts';
import type { LockMode } from './lock-mode.ts';

/**
 * The fix that is often proposed first: a write succeeds only over the value of the flag that was read. It is not enough. A
 * cancel that read a user as unpaid writes unpaid over unpaid, and the pay whose charge it refunded then writes paid. And a
 * flag that was changed and changed back is taken for unchanged (ABA).
 */
export function createConditionalMode(accounts: AccountStore): LockMode {
  return {
    name: 'conditional',
    async guard({ userId, attempt }, work) {
      const value = await work({
        read: () => accounts.read(userId),
        write: (change, { paid, version }, precondition) => {
          const onlyIf = { paid, ...(precondition && { version }) };
          return accounts.write({ userId, change, readVersion: version, attempt, onlyIf });
        },
      });
      return { outcome: 'done', value };
    },
    async close() {},
  };
}
