import { isDatabaseUnreachable } from '../database/errors.ts';
import type { Refusal } from '../redis-lock/index.ts';
import { type AccountRow, type AccountRows, conditionOf } from './account.ts';
import type { CriticalSection, LockMode } from './lock-mode.ts';
import { tryUntil } from './try-until.ts';

/**
 * What the database alone can do: `SELECT … FOR UPDATE` on the user's row, in one transaction from the read to the write.
 * It excludes whatever is about the same user, so two amounts as well. The lock cannot outlive its holder's connection,
 * nor the connection the lock: there is no lease to run out. What it costs is a connection for each request in the
 * section, for as long as the processor takes.
 */
export function createRowMode(rows: AccountRows): LockMode {
  const open = new Set<AccountRow>();

  /** Opens a transaction that has the user's row. Whoever enters ends it. */
  async function enter(section: CriticalSection): Promise<{ outcome: 'entered'; row: AccountRow } | Refusal> {
    const { userId, waitMs, signal } = section;
    const deadline = performance.now() + waitMs;
    const opened = await rows.open(userId, { waitMs, signal });
    if (opened.outcome === 'busy') return { outcome: 'busy', retryAfterMs: waitMs };
    if (opened.outcome === 'aborted') return opened;
    const { row } = opened;
    let entered = false;
    try {
      const result = await tryUntil(() => row.lock(), Math.max(0, deadline - performance.now()), signal);
      if (result === 'held') return { outcome: 'busy', retryAfterMs: waitMs };
      if (result === 'aborted') return { outcome: 'aborted' };
      entered = true;
      return { outcome: 'entered', row };
    } finally {
      if (!entered) await row.end();
    }
  }

  return {
    name: 'row',
    lockOf: ({ userId }) => `users row ${userId}`,
    async guard(section, work) {
      const entry = await enter(section).catch((error: unknown): Refusal => {
        if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
        throw error;
      });
      if (entry.outcome !== 'entered') return entry;
      const { row } = entry;
      const { userId, requestId } = section;
      open.add(row);
      try {
        const value = await work({
          read: () => row.read(),
          write: (paid, basis, demand) =>
            row.write({ userId, paid, readVersion: basis.version, requestId, onlyIf: conditionOf(basis, demand) }),
        });
        return { outcome: 'done', value };
      } finally {
        open.delete(row);
        await row.end();
      }
    },
    async ping() {}, // all that it relies on is the database, and whether that answers is asked of every mode
    async close() {
      for (const row of open) row.abandon();
    },
  };
}
