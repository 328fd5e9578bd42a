import type { Knex } from 'knex';
import * as usersAndBooks from './0001-users-and-books.ts';
import * as fencingToken from './0002-fencing-token.ts';
import * as jobRuns from './0003-job-runs.ts';

/** In order. A name is what the database remembers: it stays as it is for ever. */
const migrations: Readonly<Record<string, Knex.Migration>> = {
  '0001-users-and-books': usersAndBooks,
  '0002-fencing-token': fencingToken,
  '0003-job-runs': jobRuns,
};

/** Named by hand, not by file: the same database may be migrated from TypeScript and from compiled JavaScript. */
export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(migrations),
  getMigrationName: (name) => name,
  async getMigration(name) {
    const migration = migrations[name];
    if (!migration) throw new Error(`no migration is named ${name}`);
    return migration;
  },
};
