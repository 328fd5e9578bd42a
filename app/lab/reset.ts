import type { Knex } from 'knex';
import { areIdsUsedUp, isDatabaseUnreachable } from '../database/errors.ts';
import { inTransaction, retryDeadlocks, type Statements, UnansweredCommitError } from '../database/statements.ts';
import { ProblemError } from '../http/problem.ts';
import type { Users } from '../payments/users.ts';
import { readUsersPage, type UsersPage } from '../payments/users.ts';

const firstNames = [
  'Ada',
  'Alan',
  'Barbara',
  'Charles',
  'Donald',
  'Edsger',
  'Frances',
  'Grace',
  'Hedy',
  'Jim',
  'Katherine',
  'Leslie',
  'Margaret',
  'Nancy',
  'Radia',
  'Tony',
];

/** @param index from 0; once all names are used, they repeat with a number. */
export function nameOf(index: number): string {
  const round = Math.floor(index / firstNames.length);
  return `${firstNames[index % firstNames.length]}${round > 0 ? ` ${round + 1}` : ''}`;
}

/** Time limit of a statement: a lab with a long history has much to delete. */
const statementMs = 60_000;
const batch = 1000;

const howToReuseIds =
  'Stop the instances, empty the tables users, charges, refunds, flag_writes and idempotency_keys, and run ALTER TABLE users AUTO_INCREMENT = 1.';

/**
 * Deletes everything and creates `count` users, unpaid and with an empty ledger. Their ids were never used before, so no
 * request still in progress for an old user, and no lock left by a killed instance, can affect them.
 *
 * @returns the first page of the new users.
 * @throws ProblemError `user-ids-used-up`: then the old users are still there; `unfinished` if that is unknown.
 */
export async function resetLab(db: Knex, users: Users, count: number): Promise<UsersPage> {
  // A request in progress locks these tables in other orders, so it may win a deadlock.
  await retryDeadlocks(() => inTransaction(db, statementMs, (statements) => replaceUsers(statements, count))).catch(
    explainUnansweredCommit,
  );
  return readUsersPage(users, { after: 0, limit: 100 }).catch((error: unknown) => {
    throw isDatabaseUnreachable(error) ? unfinished(error) : error; // not `unavailable`, which says that nothing was done
  });
}

const unfinished = (cause: Error) =>
  new ProblemError('unfinished', 'The database did not answer. GET /users shows whether the users were made.', {
    cause,
  });

/** @throws ProblemError `unfinished` if a commit was not answered; otherwise the error. */
export function explainUnansweredCommit(error: unknown): never {
  throw error instanceof UnansweredCommitError ? unfinished(error) : error;
}

async function replaceUsers({ change, text }: Statements, count: number): Promise<void> {
  const tables = ['refunds', 'charges', 'flag_writes', 'idempotency_keys', 'users'];
  for (const table of tables) await change(`DELETE FROM ${table}`);
  for (let made = 0; made < count; made += batch) {
    const names = Array.from({ length: Math.min(batch, count - made) }, (_, index) => [nameOf(made + index)]);
    await text('INSERT INTO users (name) VALUES ?', [names]).catch(explainUsedUpIds);
  }
}

/** @throws ProblemError `user-ids-used-up` if that is why users could not be made; otherwise the error. */
export function explainUsedUpIds(error: unknown): never {
  if (areIdsUsedUp(error)) throw new ProblemError('user-ids-used-up', howToReuseIds);
  throw error;
}
