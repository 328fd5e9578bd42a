import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { onFreePort } from '../../../app/testing/free-port.ts';
import type { Keeper } from '../processes/keeper.ts';
import { runCommand } from '../processes/run-command.ts';
import { lastLines } from './log.ts';
import { mariaDbSystemTables } from './mariadb-system-tables.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface MysqlServer extends ServerProcess {
  readonly url: string;
  /** As reported by the server, such as `10.11.14-MariaDB-0+deb12u2`. */
  readonly version: string;
}

const database = 'payment_race';
const initTimeoutMs = 120_000;

/** Starts a throwaway MySQL or MariaDB, whichever `program` is, with one database and a user for it. */
export async function startMysql(program: string, keeper: Keeper): Promise<MysqlServer> {
  const directory = join(keeper.directory, 'mysql');
  const dataDir = join(directory, 'data');
  const password = randomBytes(12).toString('hex');
  const initFile = join(directory, 'init.sql');
  const isMariaDb = (await runCommand([program, '--version'], { timeoutMs: 100_000 })).output.includes('MariaDB');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

  await mkdir(dataDir, { recursive: true });
  await writeFile(initFile, initSql(password));
  // Its own directory for temporary tables: in a shared one, a starting server deletes those of others.
  const tmpDir = `--tmpdir=${directory}`;
  await initialise(program, isMariaDb, ['--no-defaults', `--datadir=${dataDir}`, tmpDir, ...asRoot]);

  return onFreePort(async (port) => {
    const url = `mysql://payment:${password}@127.0.0.1:${port}/${database}`;
    const probe = async () => {
      const connection = await createConnection({ uri: url, connectTimeout: 2000 });
      await connection.end();
    };
    const args = [
      '--no-defaults',
      `--datadir=${dataDir}`,
      tmpDir,
      '--socket=mysql.sock', // in the data directory, because a full path may exceed the limit for sockets
      `--pid-file=${join(directory, 'pid')}`,
      `--init-file=${initFile}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--max-connections=500',
      '--innodb-buffer-pool-size=128M',
      // Written but not flushed at each commit: a killed server loses nothing, a crashed machine may.
      '--innodb-flush-log-at-trx-commit=2',
      '--performance-schema=OFF',
      ...(isMariaDb ? [] : ['--mysqlx=OFF']),
      ...asRoot,
    ];
    const server = await startServer(
      { name: 'mysql', command: [program, ...args], probe, readyWithinMs: 60_000 },
      keeper,
    );
    return Object.assign(server, { url, version: await askVersion(url) });
  });
}

async function initialise(program: string, isMariaDb: boolean, args: readonly string[]): Promise<void> {
  // The storage engine and the packet size are mariadb-install-db's.
  const bootstrap = ['--bootstrap', '--silent-startup', '--enforce-storage-engine=', '--max-allowed-packet=8M'];
  const { succeeded, output } = await runCommand(
    [program, ...args, ...(isMariaDb ? bootstrap : ['--initialize-insecure'])],
    { timeoutMs: initTimeoutMs, input: isMariaDb ? await mariaDbSystemTables(program) : '' },
  );
  if (!succeeded) throw new Error(`The database could not be initialised by ${program}:\n${lastLines(output)}`);
}

/** Runs at each start. The user may also create databases for tests. */
function initSql(password: string): string {
  return [
    `CREATE DATABASE IF NOT EXISTS ${database};`,
    `CREATE USER IF NOT EXISTS 'payment'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON \`payment\\_race%\`.* TO 'payment'@'%';`,
    '',
  ].join('\n');
}

async function askVersion(url: string): Promise<string> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    return (rows as { version: string }[])[0]?.version ?? 'unknown';
  } finally {
    await connection.end();
  }
}
