import type { Knex } from 'knex';
import { inTransaction } from '../database/statements.ts';
import type { User } from '../payments/users.ts';
import { explainUnansweredCommit, explainUsedUpIds, nameOf } from './reset.ts';

/**
 * Creates `count` users beside those that are there: unpaid, with an empty ledger and ids that were never used before. Each
 * client can so have users that no other client knows.
 *
 * @throws ProblemError `user-ids-used-up`: then no user was made; `unfinished` if that is unknown.
 */
export function addUsers(db: Knex, timeoutMs: number, count: number): Promise<User[]> {
  return inTransaction(db, timeoutMs, async ({ select, change }) => {
    const [{ there } = { there: 0 }] = await select<{ there: number }>('SELECT COUNT(*) AS there FROM users');
    const added: User[] = [];
    for (let made = 0; made < count; made++) {
      const name = nameOf(there + made);
      // One at a time: a server may leave gaps between the ids of one statement, and another client's users fill them.
      const { insertId: id } = await change('INSERT INTO users (name) VALUES (?)', [name]).catch(explainUsedUpIds);
      added.push({ id, name, paid: false, version: 0, balance: 0 });
    }
    return added;
  }).catch(explainUnansweredCommit);
}
