import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { onFreePort } from './free-port.ts';
import type { Keeper } from './keeper.ts';
import { lastLines } from './log.ts';
import { findProgram } from './programs.ts';
import { runCommand } from './run-command.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface MysqlServer extends ServerProcess {
  readonly url: string;
  /** As the server says it, such as `10.11.14-MariaDB-0+deb12u2`. */
  readonly version: string;
}

const database = 'payment_race';
const initTimeoutMs = 120_000;

/** Starts a throwaway MySQL or MariaDB, whichever `program` is, with a database and a user that owns nothing else. */
export async function startMysql(program: string, keeper: Keeper): Promise<MysqlServer> {
  const directory = join(keeper.directory, 'mysql');
  const dataDir = join(directory, 'data');
  const password = randomBytes(12).toString('hex');
  const initFile = join(directory, 'init.sql');
  const isMariaDb = (await runCommand([program, '--version'], { timeoutMs: 10_000 })).output.includes('MariaDB');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

  await mkdir(dataDir, { recursive: true });
  await writeFile(initFile, initSql(password));
  await initialise(program, isMariaDb, ['--no-defaults', `--datadir=${dataDir}`, ...asRoot]);

  return onFreePort(async (port) => {
    const url = `mysql://payment:${password}@127.0.0.1:${port}/${database}`;
    const probe = async () => {
      const connection = await createConnection({ uri: url, connectTimeout: 2000 });
      await connection.end();
    };
    const args = [
      '--no-defaults',
      `--datadir=${dataDir}`,
      `--socket=${join(directory, 'sock')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--init-file=${initFile}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--max-connections=500',
      '--innodb-buffer-pool-size=128M',
      // Written at each commit and not forced to the disk: a killed server loses nothing, a crashed machine may.
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
  const command = isMariaDb
    ? [installDbBeside(program), ...args, '--auth-root-authentication-method=normal', '--skip-test-db']
    : [program, ...args, '--initialize-insecure'];
  const { succeeded, output } = await runCommand(command, { timeoutMs: initTimeoutMs });
  if (!succeeded) throw new Error(`The database could not be initialised by ${command[0]}:\n${lastLines(output)}`);
}

/** MariaDB's own script: the server cannot set itself up. */
function installDbBeside(program: string): string {
  const beside = [dirname(program), join(dirname(program), '../bin')].join(':');
  const script = findProgram(['mariadb-install-db', 'mysql_install_db'], `${beside}:${process.env.PATH}`);
  if (!script)
    throw new Error(`${program} is MariaDB, and its mariadb-install-db is neither beside it nor on the PATH`);
  return script;
}

/** Run at each start. The user may make databases for tests beside its own, and nothing else. */
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
