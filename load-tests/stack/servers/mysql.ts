import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { onFreePort } from '../../../app/testing/free-port.ts';
import type { Keeper } from '../processes/keeper.ts';
import { runCommand } from '../processes/run-command.ts';
import { lastLines } from './log.ts';
import { mariaDbSystemTables } from './mariadb-system-tables.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface MysqlServer extends ServerProcess {
  readonly url: string;
  /** The same for a user with all rights. */
  readonly adminUrl: string;
  /** As reported by the server, such as `10.11.14-MariaDB-0+deb12u2`. */
  readonly version: string;
}

const database = 'payment_race';
const initTimeoutMs = 120_000;

export interface MysqlOptions {
  /** Names its directory and log. Default: `mysql`. */
  readonly name?: string;
  /** Makes it keep a binary log, so that it can have replicas and be one. Unique among them. */
  readonly serverId?: number | undefined;
  /** Its user has this password. Default: a new one. */
  readonly password?: string;
  /** It requires TLS, with these files. Its `url` does not say so. */
  readonly tls?: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
  /** Statements that also run at each start, with all rights. */
  readonly sql?: readonly string[];
}

/** Starts a throwaway MySQL or MariaDB, whichever `program` is, with one database and a user for it. */
export async function startMysql(
  program: string,
  keeper: Keeper,
  { name = 'mysql', serverId, password = randomBytes(12).toString('hex'), tls, sql = [] }: MysqlOptions = {},
): Promise<MysqlServer> {
  const directory = join(keeper.directory, name);
  const dataDir = join(directory, 'data');
  const initFile = join(directory, 'init.sql');
  const isMariaDb = (await runCommand([program, '--version'], { timeoutMs: 100_000 })).output.includes('MariaDB');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

  await mkdir(dataDir, { recursive: true });
  await writeFile(initFile, `${[...initSql(password), ...sql].join('\n')}\n`);
  // Its own directory for temporary tables: in a shared one, a starting server deletes those of others.
  const tmpDir = `--tmpdir=${directory}`;
  await initialise(program, isMariaDb, ['--no-defaults', `--datadir=${dataDir}`, tmpDir, ...asRoot]);

  return onFreePort(async (port) => {
    const urlOf = (user: string) => `mysql://${user}:${password}@127.0.0.1:${port}/${database}`;
    const url = urlOf('payment');
    const connect = () =>
      createConnection({ uri: url, connectTimeout: 2000, ...(tls && { ssl: { rejectUnauthorized: false } }) });
    const probe = async () => (await connect()).end();
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
      ...(serverId === undefined ? ['--skip-log-bin'] : binaryLogOptions(serverId, isMariaDb)),
      '--max-connections=500',
      '--innodb-buffer-pool-size=128M',
      // Written but not flushed at each commit: a killed server loses nothing, a crashed machine may.
      '--innodb-flush-log-at-trx-commit=2',
      '--performance-schema=OFF',
      ...(isMariaDb ? [] : ['--mysqlx=OFF']),
      ...(tls ? ['--require-secure-transport=ON', `--ssl-ca=${tls.caFile}`] : []),
      ...(tls ? [`--ssl-cert=${tls.certFile}`, `--ssl-key=${tls.keyFile}`] : []),
      ...asRoot,
    ];
    const server = await startServer({ name, command: [program, ...args], probe }, keeper);
    return Object.assign(server, { url, adminUrl: urlOf('admin'), version: await askVersion(connect) });
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

/** The migrations make a trigger, which a user without all rights may do only if the server trusts it. */
const binaryLogOptions = (serverId: number, isMariaDb: boolean) => [
  '--log-bin=binlog',
  `--server-id=${serverId}`,
  '--binlog-format=ROW',
  '--log-slave-updates',
  '--log-bin-trust-function-creators=ON',
  ...(isMariaDb ? [] : ['--gtid-mode=ON', '--enforce-gtid-consistency=ON']),
];

/** Runs at each start. The user may also create databases for tests. */
function initSql(password: string): string[] {
  return [
    'SET sql_log_bin = 0;', // a replica runs it as well
    `CREATE DATABASE IF NOT EXISTS ${database};`,
    `CREATE USER IF NOT EXISTS 'payment'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON \`payment\\_race%\`.* TO 'payment'@'%';`,
    `CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO 'admin'@'%';`,
  ];
}

async function askVersion(connect: () => Promise<Connection>): Promise<string> {
  const connection = await connect();
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    return (rows as { version: string }[])[0]?.version ?? 'unknown';
  } finally {
    await connection.end();
  }
}
