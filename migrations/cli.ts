import { readConfig } from '../app/config.ts';
import { openDatabase } from '../app/database/open.ts';
import { migrate } from './migrate.ts';

/** `npm run migrate` migrates the database at MYSQL_URL to the latest version; `npm run migrate -- back` one step back. */
const [direction = 'latest'] = process.argv.slice(2);
if (direction !== 'latest' && direction !== 'back') {
  console.error(`There is no direction "${direction}": leave it out to go forward, or say back.`);
  process.exit(1);
}
const { MYSQL_URL: url, MYSQL_TIMEOUT_MS: timeoutMs } = readConfig();
const db = openDatabase({ url, poolMax: 2, timeoutMs, say: console.warn });
try {
  const names = await migrate(db, direction === 'back' ? 'down' : 'latest');
  console.log(
    names.length > 0 ? `${direction === 'back' ? 'taken back' : 'done'}: ${names.join(', ')}` : 'nothing to do',
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await db.destroy();
}
