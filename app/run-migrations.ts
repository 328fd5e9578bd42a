import { migrate } from '../migrations/migrate.ts';
import type { Config } from './config.ts';
import { openDatabase } from './database/open.ts';
import { createLog } from './log.ts';

/** Migrates the database to the latest version, or one step back. */
export async function runMigrations(config: Config, direction: 'latest' | 'down'): Promise<void> {
  const log = createLog({ instance: config.INSTANCE, level: 'info' }); // its result, whatever LOG_LEVEL is
  const db = openDatabase({
    url: config.MYSQL_URL,
    password: config.MYSQL_PASSWORD,
    ca: config.MYSQL_CA,
    poolMax: 2,
    timeoutMs: config.MYSQL_TIMEOUT_MS,
    say: (message) => log.warn(message),
  });
  try {
    const names = await migrate(db, direction);
    const what = direction === 'down' ? 'taken back' : 'migrated';
    log.info({ migrations: names }, names.length > 0 ? `${what}: ${names.join(', ')}` : 'nothing to migrate');
  } finally {
    await db.destroy();
  }
}
