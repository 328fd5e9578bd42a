import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { createUsers } from '../payments/stored-users.ts';
import type { Users } from '../payments/users.ts';
import { addUsers } from './add-users.ts';
import { resetLab } from './reset.ts';

type Callback = (error: Error | null, result?: unknown) => void;

const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const readOnly = Object.assign(new Error('read-only'), { code: 'ER_READ_ONLY_MODE' });

/** A database that answers this statement by an error, so many times. */
function database(failing: string, error: Error, times = Number.POSITIVE_INFINITY): Knex {
  let failures = 0;
  const answer = (sql: string, _: unknown, callback: Callback) =>
    sql.startsWith(failing) && failures++ < times
      ? callback(error)
      : callback(null, sql.startsWith('SELECT') ? [] : { insertId: 1 });
  const connection = { query: answer, execute: answer, destroy() {} };
  const client = { acquireConnection: async () => connection, releaseConnection() {} };
  return { client, userParams: {} } as unknown as Knex;
}
const users: Users = createUsers({ text: async () => [] } as never);

const calls: [string, (db: Knex) => Promise<unknown>][] = [
  ['a reset', (db) => resetLab(db, users, 2)],
  ['new users', (db) => addUsers(db, 1000, 2)],
];

test.each(calls)('%s may have been made if the commit is not answered', async (_, run) => {
  await expect(run(database('COMMIT', lost))).rejects.toMatchObject({
    type: 'unfinished',
    options: { cause: { cause: lost } },
  });
});

test.each(calls)('%s was not made if an earlier statement is not answered', async (_, run) => {
  await expect(run(database('INSERT', lost))).rejects.toBe(lost);
});

test.each(calls)('%s was not made if the server takes no writes at the commit', async (_, run) => {
  await expect(run(database('COMMIT', readOnly))).rejects.toBe(readOnly);
});

test('a reset was made if only the new users cannot be read', async () => {
  const unread: Users = { ...users, list: () => Promise.reject(lost) };
  await expect(resetLab(database('nothing', lost), unread, 2)).rejects.toMatchObject({ type: 'unfinished' });
});

// MariaDB from 11.6.2 on, where innodb_snapshot_isolation is on.
test('a reset begins again when a request has changed what its snapshot shows', async () => {
  const changed = Object.assign(new Error('Record has changed since last read'), { code: 'ER_CHECKREAD' });
  expect(await resetLab(database('DELETE FROM charges', changed, 1), users, 2)).toEqual({ users: [] });
});
