import type { Statements } from '../database/statements.ts';
import { openChargesOf } from './accounts.ts';

/** What can be wrong between a user's flag and books once nobody is at work. */
export type Wrong = 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess';

/** A user whose flag and books disagree. */
export interface Wronged {
  readonly userId: number;
  readonly wrong: Wrong;
  /** The same in words. */
  readonly what: string;
}

interface BooksRow {
  id: number;
  paid: number;
  charges: number;
  balance: number;
}

const wrongedSql = `SELECT u.id, u.paid, COUNT(c.id) AS charges, COALESCE(SUM(c.amount), 0) AS balance
  FROM users u LEFT JOIN ${openChargesOf('u.id')} GROUP BY u.id HAVING charges <> paid ORDER BY u.id`;

/** @returns every user who is not free with nothing open, or paid with exactly one charge open. */
export async function findWronged({ select }: Pick<Statements, 'select'>): Promise<Wronged[]> {
  const rows = await select<BooksRow>(wrongedSql);
  return rows.map((row) => ({ userId: row.id, ...classify(row) }));
}

function classify({ id, paid, charges, balance }: BooksRow): { wrong: Wrong; what: string } {
  if (!paid) return { wrong: 'chargedWithoutAccess', what: `User ${id} is charged ${balance} and has no access` };
  if (charges === 0) return { wrong: 'accessWithoutPaying', what: `User ${id} has access and paid nothing` };
  return { wrong: 'chargedTwice', what: `User ${id} is charged ${charges} times (${balance} in all) for one access` };
}
