import { type AccountStore, plainAccount } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { createKeyedMutex } from './shared/keyed-mutex.ts';

/** A mutex within this process: it does not exclude requests on other instances. */
export function createMemoryMode(accounts: AccountStore): LockMode {
  const mutex = createKeyedMutex();
  return {
    name: 'memory',
    lockOf: ({ key }) => key,
    async guard({ key, userId, attempt, waitMs, signal }, work) {
      const entered = await mutex.enter(key, waitMs, signal);
      if (entered.outcome === 'busy') return { outcome: 'busy', retryAfterMs: waitMs };
      if (entered.outcome === 'aborted') return entered;
      try {
        return { outcome: 'done', value: await work(plainAccount(accounts, userId, attempt)) };
      } finally {
        entered.leave();
      }
    },
    async close() {},
  };
}
