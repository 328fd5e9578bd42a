import type { Knex } from 'knex';
import { inTransaction } from '../database/statements.ts';
import { keptCharges } from '../payments/idempotency/recovery.ts';
import { type Anomaly, findInconsistentUsers } from '../payments/inconsistent-users.ts';
import type { Audit } from './audit-schema.ts';
import { readRequestHistories } from './trace/request-histories.ts';

/** How many users are shown with their requests. */
const mostWronged = 20;

const chargedAgainSql = `SELECT 1 FROM ${keptCharges} AND c.intent IS NOT NULL
  AND c.user_id IN (SELECT id FROM users) GROUP BY c.user_id, c.intent HAVING COUNT(*) > 1`;

const totalsSql = `SELECT (SELECT COUNT(*) FROM users) AS users,
  (SELECT COUNT(*) FROM flag_writes w JOIN users u ON u.id = w.user_id
    WHERE w.read_version <> w.overwritten_version) AS staleWrites,
  (SELECT COUNT(*) FROM (${chargedAgainSql}) a) AS chargedAgain,
  (SELECT COUNT(*) FROM charges c LEFT JOIN users u ON u.id = c.user_id LEFT JOIN refunds r ON r.charge_id = c.id
    WHERE u.id IS NULL AND r.id IS NULL) AS orphanCharges`;

type Totals = Pick<Audit, 'users' | 'staleWrites' | 'chargedAgain' | 'orphanCharges'>;

/** Compares every user's flag with the ledger. Correct only while no request is in progress. */
export function auditLab(db: Knex, timeoutMs: number): Promise<Audit> {
  return inTransaction(db, timeoutMs, async (statements) => {
    const [totals = { users: 0, staleWrites: 0, chargedAgain: 0, orphanCharges: 0 }] =
      await statements.select<Totals>(totalsSql);
    const all = await findInconsistentUsers(statements);
    const counts: Record<Anomaly, number> = { accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
    for (const { wrong } of all) counts[wrong] += 1;
    const shown = all.slice(0, mostWronged);
    const histories = await readRequestHistories(
      statements,
      shown.map(({ userId }) => userId),
    );
    const wronged = shown.map((user) => ({ ...user, requests: histories.get(user.userId) ?? [] }));
    return { ...totals, ...counts, wronged };
  });
}
