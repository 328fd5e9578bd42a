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
      const [, names] = await db.migrate[direction]({ migrationSource });
      return names;
    } finally {
      await db.raw("SELECT RELEASE_LOCK(CONCAT('migrate ', DATABASE()))").connection(connection);
    }
  } finally {
    await db.client.releaseConnection(connection);
  }
}
