import type { Knex } from 'knex';
import { migrationSource } from './index.ts';

const getLockSql = "SELECT GET_LOCK(CONCAT('migrate ', DATABASE()), ?) AS granted";

/** How long to wait for another instance that is migrating, in seconds. */
const waitSeconds = 60;

/**
 * Migrates the schema to the latest version, or one step back. Each migration runs once, even if several instances start
 * together: they queue for an advisory lock of the server. The lock ends with its connection, so a dead instance blocks
 * no other.
 *
 * @returns the names of the migrations that this call ran.
 * @throws if another instance has been migrating for over a minute, or a migration fails.
 */
export async function migrate(db: Knex, direction: 'latest' | 'down' = 'latest'): Promise<string[]> {
  const connection: unknown = await db.client.acquireConnection();
  try {
    const [[lock]] = await db.raw(getLockSql, [waitSeconds]).connection(connection);
    if (lock.granted !== 1)
      throw new Error(`another instance has been migrating for ${waitSeconds} s: look at its log`);
    try {
      // knex's own lock is a row that survives a crash. The holder of our lock may release it.
      if (await db.schema.hasTable('knex_migrations_lock'))
        await db.migrate.forceFreeMigrationsLock({ migrationSource });
      if (direction === 'down') await assertNoneNewer(db);
      // Without the check, an instance of the previous version also starts on a schema that a newer one has migrated: a
      // rolling update can be taken back.
      const [, names] = await db.migrate[direction]({ migrationSource, disableMigrationsListValidation: true });
      return names;
    } finally {
      await db.raw("SELECT RELEASE_LOCK(CONCAT('migrate ', DATABASE()))").connection(connection);
    }
  } finally {
    await db.client.releaseConnection(connection);
  }
}

/** The schema is older than this version of the service. */
export class NotMigratedError extends Error {
  override readonly name = 'NotMigratedError';
}

/**
 * Checks that every migration has run. It only reads, so it needs no more rights than the service.
 *
 * @throws {NotMigratedError} naming those that have not.
 */
export async function assertMigrated(db: Knex): Promise<void> {
  const done = await namesOfDone(db);
  const missing = (await migrationSource.getMigrations([])).filter((name) => !done.includes(name));
  if (missing.length > 0) throw new NotMigratedError(`the database lacks ${missing.join(', ')}`);
}

/** A step back takes back the last migration that it knows, which must also be the last that was run. */
async function assertNoneNewer(db: Knex): Promise<void> {
  const known = await migrationSource.getMigrations([]);
  const newer = (await namesOfDone(db)).filter((name) => !known.includes(name));
  if (newer.length > 0) {
    throw new Error(
      `a newer version of the service has migrated the database: first take back ${newer.join(', ')} with it`,
    );
  }
}

async function namesOfDone(db: Knex): Promise<string[]> {
  const [tables] = await db.raw("SHOW TABLES LIKE 'knex\\_migrations'");
  return tables.length > 0 ? db('knex_migrations').orderBy('id').pluck('name') : [];
}
