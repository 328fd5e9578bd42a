import type { Statements } from '../database/statements.ts';
import { openChargesJoin } from './accounts.ts';
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

/** Users per statement: few enough for its time limit, however many there are. */
const batch = 1000;

const ledgerSql = `SELECT u.id, u.paid, COUNT(c.id) AS charges, COALESCE(SUM(c.amount), 0) AS balance
  FROM users u LEFT JOIN ${openChargesJoin} WHERE u.id > ? GROUP BY u.id ORDER BY u.id LIMIT ${batch}`;

/**
 * @returns every user who is neither unpaid without an open charge nor paid with exactly one.
 * @throws the signal's reason.
 */
export async function findInconsistentUsers(
  { select }: Pick<Statements, 'select'>,
  signal?: AbortSignal,
): Promise<InconsistentUser[]> {
  const found: InconsistentUser[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    signal?.throwIfAborted();
    const rows: LedgerRow[] = await select<LedgerRow>(ledgerSql, [after]);
    for (const row of rows) if (row.charges !== row.paid) found.push({ userId: row.id, ...anomalyOf(row) });
    after = rows.length < batch ? undefined : rows.at(-1)?.id;
  }
  return found;
}

function anomalyOf({ id, paid, charges, balance }: LedgerRow): { wrong: Anomaly; what: string } {
  const sum = formatAmount(balance);
  if (!paid) return { wrong: 'chargedWithoutAccess', what: `User ${id} is charged ${sum} and has no access` };
  if (charges === 0) return { wrong: 'accessWithoutPaying', what: `User ${id} has access and paid nothing` };
  return { wrong: 'chargedTwice', what: `User ${id} is charged ${charges} times (${sum} in all) for one access` };
}
