import { isDatabaseUnreachable } from '../database/errors.ts';
import type { Refusal } from '../redis-lock/index.ts';
import { type AccountTransaction, type AccountTransactions, conditionFor } from './account.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import type { CriticalSection, LockMode } from './lock-mode.ts';
import { tryUntil } from './try-until.ts';

/**
 * What the database alone can do: `SELECT … FOR UPDATE` on the user's row, in one transaction from the read to the write.
 * Excludes all requests for the same user, whatever the amount. Lock and connection end together: there is no lease to
 * expire. The price is one connection per request in the section, for as long as the processor takes. Requests of this
 * instance wait for their user before they take one: else those of one busy user would take all of them.
 */
export function createRowMode(transactions: AccountTransactions): LockMode {
  const open = new Set<AccountTransaction>();
  const users = createKeyedMutex();

  /** Opens a transaction and locks the user's row. The caller ends the transaction. */
  async function enter(
    { userId, waitMs, signal }: CriticalSection,
    deadline: number,
  ): Promise<{ outcome: 'entered'; transaction: AccountTransaction } | Refusal> {
    const leftMs = Math.max(0, deadline - performance.now());
    const opened = await transactions.open(userId, { waitMs: leftMs, signal });
    if (opened.outcome === 'busy') return { outcome: 'busy', retryAfterMs: waitMs };
    if (opened.outcome === 'aborted') return opened;
    const { transaction } = opened;
    let entered = false;
    try {
      const result = await tryUntil(() => transaction.lock(), Math.max(0, deadline - performance.now()), signal);
      if (result === 'held') return { outcome: 'busy', retryAfterMs: waitMs };
      if (result === 'aborted') return { outcome: 'aborted' };
      entered = true;
      return { outcome: 'entered', transaction };
    } finally {
      if (!entered) await transaction.end();
    }
  }

  return {
    name: 'row',
    lockOf: ({ userId }) => `users row ${userId}`,
    async guard(section, work) {
      const { userId, attempt, waitMs, signal } = section;
      const deadline = performance.now() + waitMs;
      const mutex = await users.enter(String(userId), waitMs, signal);
      if (mutex.outcome === 'busy') return { outcome: 'busy', retryAfterMs: waitMs };
      if (mutex.outcome === 'aborted') return mutex;
      let transaction: AccountTransaction | undefined;
      try {
        const entry = await enter(section, deadline).catch((error: unknown): Refusal => {
          if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
          throw error;
        });
        if (entry.outcome !== 'entered') return entry;
        const { transaction: own } = entry;
        transaction = own;
        open.add(own);
        const value = await work({
          read: () => own.read(),
          write: (change, snapshot, precondition) =>
            own.write({
              userId,
              change,
              readVersion: snapshot.version,
              attempt,
              onlyIf: conditionFor(snapshot, precondition),
            }),
        });
        return { outcome: 'done', value };
      } finally {
        if (transaction) open.delete(transaction);
        await transaction?.end();
        mutex.leave();
      }
    },
    async ping() {}, // needs only the database, which readiness checks for every mode
    async close() {
      for (const transaction of open) transaction.abandon();
    },
  };
}
