import type { Knex } from 'knex';
import { inTransaction } from '../database/statements.ts';
import { type Anomaly, findInconsistentUsers, type InconsistentUser } from '../payments/inconsistent-users.ts';
import { type RequestStory, tellStories } from './trace/request-histories.ts';

export interface WrongedUser extends InconsistentUser {
  /** The requests that led there, in order. */
  readonly requests: readonly RequestStory[];
}

/** The database's verdict, as `GET /lab/audit` answers. All the numbers are of one instant. */
export interface Audit extends Readonly<Record<Anomaly, number>> {
  readonly users: number;
  /** Writes of the flag that were decided on an outdated read: lost updates, harmful or not. */
  readonly staleWrites: number;
  /** The first of them; the counts are of all. */
  readonly wronged: readonly WrongedUser[];
}

/** How many users' stories are told. */
const mostWronged = 20;

const totalsSql = `SELECT (SELECT COUNT(*) FROM users) AS users, (SELECT COUNT(*) FROM flag_writes w
  JOIN users u ON u.id = w.user_id WHERE w.read_version <> w.overwritten_version) AS staleWrites`;

/** Compares every user's flag with the books. Right only when no request is under way. */
export function auditLab(db: Knex, timeoutMs: number): Promise<Audit> {
  return inTransaction(db, timeoutMs, async (statements) => {
    const [totals = { users: 0, staleWrites: 0 }] =
      await statements.select<Pick<Audit, 'users' | 'staleWrites'>>(totalsSql);
    const all = await findInconsistentUsers(statements);
    const counts: Record<Anomaly, number> = { accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
    for (const { wrong } of all) counts[wrong] += 1;
    const shown = all.slice(0, mostWronged);
    const stories = await tellStories(
      statements,
      shown.map(({ userId }) => userId),
    );
    const wronged = shown.map((user) => ({ ...user, requests: stories.get(user.userId) ?? [] }));
    return { ...totals, ...counts, wronged };
  });
}
