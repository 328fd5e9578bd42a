import { setTimeout as sleep } from 'node:timers/promises';
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

/**
 * How long a statement may wait for a table that a transaction uses, in seconds. While it waits, the service does not get
 * the table either: a transaction of minutes, such as a backup's, would stop every instance with it.
 */
const tableWaitSeconds = 1;
/** Between two tries the service has the table. */
const pauseMs = 2000;
const triesForMs = 600_000;

/** Tries again until it gets its tables. Each step of a migration looks whether it is done, so it may begin anew. */
function patiently(migrate: Knex.Migration['up']): Knex.Migration['up'] {
  return async (db) => {
    const untilMs = performance.now() + triesForMs;
    const [[{ before }]] = await db.raw('SELECT @@SESSION.lock_wait_timeout AS `before`');
    await db.raw('SET SESSION lock_wait_timeout = ?', [tableWaitSeconds]);
    try {
      while (!(await getsItsTables(() => migrate(db), performance.now() < untilMs))) await sleep(pauseMs);
    } finally {
      await db.raw('SET SESSION lock_wait_timeout = ?', [before]).catch(() => {}); // the connection is lost
    }
  };
}

/** @returns false if the migration has waited too long for a table, and may try again. */
async function getsItsTables(migrate: () => PromiseLike<unknown>, mayTryAgain: boolean): Promise<boolean> {
  try {
    await migrate();
    return true;
  } catch (error) {
    if (mayTryAgain && error instanceof Error && 'code' in error && error.code === 'ER_LOCK_WAIT_TIMEOUT') return false;
    throw error;
  }
}
