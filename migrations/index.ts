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
    return migration;
  },
};
