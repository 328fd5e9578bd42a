import type { Knex } from 'knex';
import { createStatements } from '../database/statements.ts';
import { openChargesOf } from '../payments/accounts.ts';
import { type RequestStory, tellStories } from './stories.ts';

/** What is wrong between a user's flag and books, as `GET /lab/audit` counts it. */
export type Wrong = 'accessWithoutPaying' | 'chargedTwice' | 'chargedWithoutAccess';

export interface WrongedUser {
  readonly userId: number;
  readonly wrong: Wrong;
  /** The same in words. */
  readonly what: string;
  /** The requests that led there, in order. */
  readonly requests: readonly RequestStory[];
}

/** The database's verdict. All the numbers are of one instant. */
export interface Audit extends Readonly<Record<Wrong, number>> {
  readonly users: number;
  /** Writes of the flag that were decided on an outdated read: lost updates, harmful or not. */
  readonly staleWrites: number;
  /** The first of them; the counts are of all. */
  readonly wronged: readonly WrongedUser[];
}

/** How many users' stories are told. */
const mostWronged = 20;

interface BooksRow {
  id: number;
  paid: number;
  charges: number;
  balance: number;
}

const totalsSql = `SELECT (SELECT COUNT(*) FROM users) AS users, (SELECT COUNT(*) FROM flag_writes w
  JOIN users u ON u.id = w.user_id WHERE w.read_version <> w.overwritten_version) AS staleWrites`;
const wrongedSql = `SELECT u.id, u.paid, COUNT(c.id) AS charges, COALESCE(SUM(c.amount), 0) AS balance
  FROM users u LEFT JOIN ${openChargesOf('u.id')} GROUP BY u.id HAVING charges <> paid ORDER BY u.id`;

/** Compares every user's flag with the books. Right only when no request is under way. */
export async function auditLab(db: Knex, timeoutMs: number): Promise<Audit> {
  return db.transaction(
    async (snapshot) => {
      const { select, selectText } = createStatements(snapshot, timeoutMs);
      const [totals] = await select<{ users: number; staleWrites: number }>(totalsSql);
      const rows = await select<BooksRow>(wrongedSql);
      const counts: Record<Wrong, number> = { accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
      for (const row of rows) counts[wrongOf(row)] += 1;
      const shown = rows.slice(0, mostWronged);
      const stories = await tellStories(
        selectText,
        shown.map(({ id }) => id),
      );
      const wronged = shown.map((row) => ({
        userId: row.id,
        wrong: wrongOf(row),
        what: inWords(row),
        requests: stories.get(row.id) ?? [],
      }));
      return { users: totals?.users ?? 0, staleWrites: totals?.staleWrites ?? 0, ...counts, wronged };
    },
    { isolationLevel: 'repeatable read' }, // all its queries see one instant
  );
}

function wrongOf({ paid, charges }: BooksRow): Wrong {
  if (!paid) return 'chargedWithoutAccess';
  return charges === 0 ? 'accessWithoutPaying' : 'chargedTwice';
}

function inWords(row: BooksRow): string {
  switch (wrongOf(row)) {
    case 'accessWithoutPaying':
      return `User ${row.id} has access and paid nothing`;
    case 'chargedTwice':
      return `User ${row.id} is charged ${row.charges} times (${row.balance} in all) for one access`;
    case 'chargedWithoutAccess':
      return `User ${row.id} is charged ${row.balance} and has no access`;
  }
}
