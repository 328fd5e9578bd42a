import type { Knex } from 'knex';
import * as usersAndBooks from './0001-users-and-books.ts';
import * as fencingToken from './0002-fencing-token.ts';
import * as jobRuns from './0003-job-runs.ts';
import * as retries from './0004-retries.ts';
import * as intents from './0005-intents.ts';

/** In order. The database stores the names, so they never change. */
const migrations: Readonly<Record<string, Knex.Migration>> = {
  '0001-users-and-books': usersAndBooks,
  '0002-fencing-token': fencingToken,
  '0003-job-runs': jobRuns,
  '0004-retries': retries,
  '0005-intents': intents,
};

/** Named explicitly, not by file: TypeScript and compiled JavaScript may migrate the same database. */
export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(migrations),
  getMigrationName: (name) => name,
  async getMigration(name) {
    const migration = migrations[name];
    if (!migration) throw new Error(`no migration is named ${name}`);
    const { up, down } = migration;
    return { ...migration, up: patiently(up), ...(down && { down: patiently(down) }) };
  },
};

/** How long a statement may wait for a table that a transaction uses, in seconds. A migration that fails is half done. */
const tableWaitSeconds = 600;

/** The connections of the service wait for a few seconds only. */
function patiently(migrate: Knex.Migration['up']): Knex.Migration['up'] {
  return async (db) => {
    const [[{ before }]] = await db.raw('SELECT @@SESSION.lock_wait_timeout AS `before`');
    await db.raw('SET SESSION lock_wait_timeout = ?', [tableWaitSeconds]);
    try {
      await migrate(db);
    } finally {
      await db.raw('SET SESSION lock_wait_timeout = ?', [before]).catch(() => {}); // the connection is lost
    }
  };
}
