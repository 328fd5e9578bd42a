import type { Knex } from 'knex';
import { z } from 'zod';
import { inTransaction } from '../database/statements.ts';
import { keptCharges } from '../payments/idempotency/recovery.ts';
import { type Anomaly, findInconsistentUsers, inconsistentUserSchema } from '../payments/inconsistent-users.ts';
import { readRequestHistories, requestHistorySchema } from './trace/request-histories.ts';

const auditedUserSchema = inconsistentUserSchema.extend({
  requests: z.array(requestHistorySchema).readonly().describe('The requests that led to this state, in order.'),
});
export type AuditedUser = Readonly<z.output<typeof auditedUserSchema>>;

const count = z.int().min(0);
/** The answer of `GET /lab/audit`. All numbers come from one snapshot of the database. */
export const auditSchema = z.object({
  users: count,
  staleWrites: count.describe('Writes of the flag that were decided on a stale read: lost updates.'),
  accessWithoutPaying: count,
  chargedTwice: count,
  chargedWithoutAccess: count,
  chargedAgain: count.describe(
    'Payments that were charged more than once for one Idempotency-Key or X-Lab-Intent, whatever was refunded later. A charge that its own request has taken back does not count.',
  ),
  orphanCharges: count.describe('Open charges of users who are gone.'),
  wronged: z.array(auditedUserSchema).readonly().describe('The first of the inconsistent users; the counts cover all.'),
});
export type Audit = Readonly<z.output<typeof auditSchema>>;

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
