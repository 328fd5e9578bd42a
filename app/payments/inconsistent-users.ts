import type { Statements } from '../database/statements.ts';
import { openChargesOf } from './accounts.ts';
import { formatAmount } from './format-amount.ts';

/** How a user's flag and ledger can disagree once no request is in progress. */
export type Anomaly = 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess';

/** A user whose flag and ledger disagree. */
export interface InconsistentUser {
  readonly userId: number;
  readonly wrong: Anomaly;
  /** The anomaly as a sentence. */
  readonly what: string;
}

interface LedgerRow {
  id: number;
  paid: number;
  charges: number;
  balance: number;
}

const inconsistentUsersSql = `SELECT u.id, u.paid, COUNT(c.id) AS charges, COALESCE(SUM(c.amount), 0) AS balance
  FROM users u LEFT JOIN ${openChargesOf('u.id')} GROUP BY u.id HAVING charges <> paid ORDER BY u.id`;

/** @returns every user who is neither unpaid without an open charge nor paid with exactly one. */
export async function findInconsistentUsers({ select }: Pick<Statements, 'select'>): Promise<InconsistentUser[]> {
  const rows = await select<LedgerRow>(inconsistentUsersSql);
  return rows.map((row) => ({ userId: row.id, ...anomalyOf(row) }));
}

function anomalyOf({ id, paid, charges, balance }: LedgerRow): { wrong: Anomaly; what: string } {
  const sum = formatAmount(balance);
  if (!paid) return { wrong: 'chargedWithoutAccess', what: `User ${id} is charged ${sum} and has no access` };
  if (charges === 0) return { wrong: 'accessWithoutPaying', what: `User ${id} has access and paid nothing` };
  return { wrong: 'chargedTwice', what: `User ${id} is charged ${charges} times (${sum} in all) for one access` };
}
