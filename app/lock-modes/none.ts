import { type AccountStore, plainAccount } from './account.ts';
import type { LockMode } from './lock-mode.ts';

/** No guard at all: the race. */
export function createNoneMode(accounts: AccountStore): LockMode {
  return {
    name: 'none',
    async guard({ userId, attempt }, work) {
      return { outcome: 'done', value: await work(plainAccount(accounts, userId, attempt)) };
    },
    async close() {},
  };
}
