import type { Knex } from 'knex';
import { inTransaction } from '../database/statements.ts';
import { type Anomaly, findInconsistentUsers, type InconsistentUser } from '../payments/inconsistent-users.ts';
import { type RequestHistory, readRequestHistories } from './trace/request-histories.ts';

export interface WrongedUser extends InconsistentUser {
  /** The requests that led to this state, in order. */
  readonly requests: readonly RequestHistory[];
}

/** The answer of `GET /lab/audit`. All numbers come from one snapshot of the database. */
export interface Audit extends Readonly<Record<Anomaly, number>> {
  readonly users: number;
  /** Writes of the flag that were decided on an outdated read: lost updates, harmful or not. */
  readonly staleWrites: number;
  /** The first of the inconsistent users; the counts cover all. */
  readonly wronged: readonly WrongedUser[];
}

/** How many users are shown with their requests. */
const mostWronged = 20;

const totalsSql = `SELECT (SELECT COUNT(*) FROM users) AS users, (SELECT COUNT(*) FROM flag_writes w
  JOIN users u ON u.id = w.user_id WHERE w.read_version <> w.overwritten_version) AS staleWrites`;

/** Compares every user's flag with the ledger. Correct only while no request is in progress. */
export function auditLab(db: Knex, timeoutMs: number): Promise<Audit> {
  return inTransaction(db, timeoutMs, async (statements) => {
    const [totals = { users: 0, staleWrites: 0 }] =
      await statements.select<Pick<Audit, 'users' | 'staleWrites'>>(totalsSql);
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
