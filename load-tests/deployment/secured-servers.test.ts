import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../app/database/open.ts';
import { openRedis } from '../../app/redis/connection.ts';
import { startUpProblem } from '../../app/start-up-problem.ts';
import { sendPayment } from '../../app/testing/client.ts';
import { freePort } from '../../app/testing/free-port.ts';
import { spawnInstance, untilReady } from '../../app/testing/instance.ts';
import { soon, until } from '../../app/testing/until.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { runCommand } from '../stack/processes/run-command.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { type MysqlServer, startMysql } from '../stack/servers/mysql.ts';
import { startRedis } from '../stack/servers/redis.ts';
import { serviceProgram } from '../stack/service/builds.ts';
import { type Certificates, makeCertificates } from './certificates.ts';

let keeper: Keeper;
let certificates: Certificates;
let mysql: MysqlServer;

const users = [
  "CREATE USER IF NOT EXISTS 'with-tls'@'%' IDENTIFIED BY 'secret' REQUIRE SSL",
  "GRANT ALL ON `payment\\_race%`.* TO 'with-tls'@'%'",
  "CREATE USER IF NOT EXISTS 'four-rights'@'%' IDENTIFIED BY '50%@/'",
  "GRANT SELECT, INSERT, UPDATE, DELETE ON `payment\\_race%`.* TO 'four-rights'@'%'",
  "CREATE USER IF NOT EXISTS 'no-trigger'@'%' IDENTIFIED BY 'secret'",
  "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX ON `payment\\_race%`.* TO 'no-trigger'@'%'",
  'CREATE DATABASE IF NOT EXISTS payment_race_empty',
];

beforeAll(async () => {
  keeper = await startKeeper();
  certificates = await makeCertificates(join(keeper.directory, 'certificates'), 'localhost');
  const sql = users.map((statement) => `${statement};`);
  mysql = await startMysql(findPrograms().mysql ?? 'mysql', keeper, { tls: certificates, sql });
});
afterAll(() => keeper?.end());

interface Address {
  user?: string;
  password?: string;
  host?: string;
  database?: string;
  mode?: string;
}

/** A URL of the server: with TLS, by the name in its certificate and the user with all rights, unless said otherwise. */
function urlOf({ user, password = 'secret', host = 'localhost', database, mode = 'VERIFY_IDENTITY' }: Address = {}) {
  const { username, password: own, port, pathname } = new URL(mysql.url);
  const credentials = user === undefined ? `${username}:${own}` : `${user}:${encodeURIComponent(password)}`;
  return `mysql://${credentials}@${host}:${port}/${database ?? pathname.slice(1)}?ssl-mode=${mode}`;
}

describe('MySQL with require_secure_transport=ON', () => {
  /** @returns the cipher of a connection; or what to do about its error. */
  async function connect(url: string, ca?: string): Promise<string | undefined> {
    const db = openDatabase({ url, ca, poolMax: 1, timeoutMs: 30_000, say: () => {} });
    try {
      const [[row]] = await db.raw("SHOW STATUS LIKE 'Ssl_cipher'");
      return `encrypted with ${row.Value}`;
    } catch (error) {
      const { variable, message } = startUpProblem(error) ?? {};
      return `${variable}: ${message}`;
    } finally {
      await db.destroy();
    }
  }

  test.each([
    [{ mode: 'DISABLED' }, false, /MYSQL_URL: .*ssl-mode/],
    [{ mode: 'REQUIRED' }, false, /encrypted with \w/],
    [{ mode: 'VERIFY_CA' }, false, /MYSQL_URL: its ssl-mode does not trust the server; MYSQL_CA_FILE may/],
    [{ mode: 'VERIFY_CA', host: '127.0.0.1' }, true, /encrypted with \w/],
    [{ mode: 'VERIFY_IDENTITY' }, true, /encrypted with \w/],
    [{ mode: 'REQUIRED', user: 'with-tls' }, false, /encrypted with \w/],
    [{ user: 'with-tls', password: 'wrong' }, true, /MYSQL_URL: correct its user or password/],
    [{ database: 'payment_race_none' }, true, /MYSQL_URL: create its database first/],
    [{ user: 'four-rights', password: '50%@/', database: 'mysql' }, true, /MYSQL_URL: grant its user/],
  ])('%o, its authority known: %s', async (address: Address, isKnown, expected) => {
    expect(await connect(urlOf(address), isKnown ? certificates.ca : undefined)).toMatch(expected);
  });
});

test('a user with four rights serves what an administrator has migrated; another gets an error that names what it lacks', async () => {
  const secured = { MYSQL_CA_FILE: certificates.caFile };
  const asService = {
    ...secured,
    MYSQL_URL: urlOf({ user: 'four-rights', password: '' }).replace(':@', '@'),
    MYSQL_PASSWORD: '50%@/',
    MIGRATE: 'off',
  };
  const endsWith = async (env: Record<string, string>) => {
    await using instance = await spawnInstance(env);
    expect(await instance.exited).toBe(1);
    const lines = instance.output().trim().split('\n');
    return lines.map((line) => JSON.parse(line)).map(({ level, variable, msg }) => ({ level, variable, msg }));
  };
  expect(await endsWith(asService)).toEqual([
    { level: 60, variable: 'MIGRATE', msg: expect.stringMatching(/npm run migrate first: the database lacks 0001/) },
  ]);
  const withoutTrigger = { ...secured, MYSQL_URL: urlOf({ user: 'no-trigger', database: 'payment_race_empty' }) };
  expect(await endsWith(withoutTrigger)).toEqual([
    {
      level: 60,
      variable: 'MYSQL_URL',
      msg: expect.stringMatching(/grant its user .*TRIGGER.*TRIGGER command denied/),
    },
  ]);

  const migrate = (...args: string[]) =>
    runCommand([process.execPath, join(repositoryRoot, serviceProgram), 'migrate', ...args], {
      env: { ...secured, MYSQL_URL: urlOf() },
      timeoutMs: 100_000,
    });
  expect(await migrate()).toMatchObject({ succeeded: true, output: expect.stringContaining('migrated: 0001') });
  expect(await migrate()).toMatchObject({ succeeded: true, output: expect.stringContaining('nothing to migrate') });
  expect((await migrate('sideways')).output).toMatch(/must be none, .*migrate back/);

  await using instance = await spawnInstance({ ...asService, LOCK_MODE: 'fenced' });
  await untilReady(instance);
  const db = openDatabase({ url: urlOf(), ca: certificates.ca, poolMax: 1, timeoutMs: 30_000, say: () => {} });
  const [id] = await db('users').insert({ name: 'Ada' });
  await db.destroy();
  const pay = await sendPayment('pay', Number(id), { url: instance.url });
  expect(pay.body).toMatchObject({ status: 'paid' });
});

test('a Redis with TLS is trusted by its authority’s certificate', async () => {
  const port = await freePort();
  await startRedis(findPrograms().redis ?? 'redis', keeper, 'redis-with-tls', {
    'tls-port': String(port),
    'tls-cert-file': certificates.certFile,
    'tls-key-file': certificates.keyFile,
    'tls-auth-clients': 'no',
  });
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const trusting = openRedis({ url: `rediss://localhost:${port}`, ca: certificates.ca, timeoutMs: 30_000, warn });
  const distrusting = openRedis({ url: `rediss://localhost:${port}`, timeoutMs: 30_000, warn });
  try {
    await until('Redis answers', () => trusting.ping().catch(() => false), soon);
    await until('it is refused', () => warnings.length > 0, soon);
    expect(warnings).toEqual([expect.stringMatching(/^Redis unavailable: .*certificate/)]);
  } finally {
    trusting.disconnect();
    distrusting.disconnect();
  }
});
