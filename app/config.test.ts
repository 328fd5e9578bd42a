import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, lockMaxHoldMs, proxyWaitsMs, readConfig, reconcileAfterMs } from './config.ts';

test('has a default for every variable', () => {
  expect(readConfig({})).toMatchObject({
    PORT: 3000,
    LOCK_MODE: 'none',
    LOCK_KEY: 'payment',
    LOCK_TTL_MS: 10_000,
    LOCK_WAIT_MS: 2000,
    GATEWAY_MS: 20,
    LAB: false,
  });
});

test('reads what is set, and treats an empty variable as not set', () => {
  const config = readConfig({ LOCK_MODE: 'redis', LAB: 'on', GATEWAY_MS: '0', PORT: '', LOCK_KEY: '' });
  expect(config).toMatchObject({ LOCK_MODE: 'redis', LAB: true, GATEWAY_MS: 0, PORT: 3000, LOCK_KEY: 'payment' });
});

test('refuses a value of spaces, which as a number would be 0', () => {
  const read = () => readConfig({ LOCK_WAIT_MS: ' ', SHUTDOWN_MS: '\t' });
  for (const name of ['LOCK_WAIT_MS', 'SHUTDOWN_MS']) expect(read).toThrow(`${name}: has only spaces`);
});

test('is frozen', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});

test('names every invalid variable, what it must be and what it is', () => {
  const read = () =>
    readConfig({ LOCK_MODE: 'redsi', LOCK_WAIT_MS: '-1', PORT: '70000', GATEWAY_MS: '2.5', LAB: 'yes' });
  expect(read).toThrow(ConfigError);
  for (const part of [
    /LOCK_MODE: .*redis.*"redsi"/,
    /LOCK_WAIT_MS: .*"-1"/,
    /PORT: .*"70000"/,
    /GATEWAY_MS: .*"2.5"/,
    /LAB: .*"yes"/,
  ]) {
    expect(read).toThrow(part);
  }
});

test('proxyWaitsMs is the timeout of nginx.conf', async () => {
  const conf = await readFile(new URL('../nginx.conf', import.meta.url), 'utf8');
  expect(conf).toContain(`proxy_read_timeout ${proxyWaitsMs / 1000}s;`);
});

test('LOCK_MAX_HOLD_MS must be at least LOCK_TTL_MS', () => {
  expect(() => readConfig({ LOCK_MAX_HOLD_MS: '9999' })).toThrow(
    /LOCK_MAX_HOLD_MS: must be at least LOCK_TTL_MS, which is 10000; it is "9999"/,
  );
  expect(lockMaxHoldMs(readConfig({ LOCK_MAX_HOLD_MS: '10000' }))).toBe(10_000);
  expect(lockMaxHoldMs(readConfig({}))).toBe(proxyWaitsMs);
  expect(lockMaxHoldMs(readConfig({ LOCK_TTL_MS: '80000' }))).toBe(80_000);
});

test('REDIS_URL may name Sentinels or a cluster, and a malformed one is not printed', () => {
  for (const REDIS_URL of ['redis+sentinel://:geheim@a:26379,b:26379/lab', 'redis+cluster://a:6379,b:6379']) {
    expect(readConfig({ REDIS_URL }).REDIS_URL).toBe(REDIS_URL);
  }
  const read = () => readConfig({ REDIS_URL: 'redis+sentinel://:geheim@a' });
  expect(read).toThrow(/REDIS_URL: must have the name that the Sentinels give the master/);
  expect(read).not.toThrow(/geheim/);
});

describe('secrets', () => {
  const filesOf = async (files: Record<string, string>) => {
    const directory = await mkdtemp(join(tmpdir(), 'secrets-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    return (name: string) => join(directory, name);
  };

  test('may be in files: NAME_FILE instead of NAME', async () => {
    const pathOf = await filesOf({ url: 'mysql://me@db/lab\n', password: ' ge%heim \r\n' });
    const env = { MYSQL_URL_FILE: pathOf('url'), MYSQL_PASSWORD_FILE: pathOf('password'), LOCK_MODE_FILE: '' };
    expect(readConfig(env)).toMatchObject({ MYSQL_URL: 'mysql://me@db/lab', MYSQL_PASSWORD: ' ge%heim ' });
  });

  test('name what is wrong with a file, never its content or its path', async () => {
    const pathOf = await filesOf({ url: 'redis://:geheim@', empty: ' \n\n' });
    const read = () =>
      readConfig({
        LOCK_MODE: 'none',
        LOCK_MODE_FILE: pathOf('url'),
        MYSQL_URL_FILE: pathOf('none'),
        REDIS_URL_FILE: pathOf('url'),
        GATEWAY_MS_FILE: pathOf('url'),
        MYSQL_PASSWORD_FILE: pathOf('empty'),
        MYSQL_CA_FILE: 'geheim', // the secret itself, by mistake
      });
    for (const part of [
      /LOCK_MODE_FILE: is set, and LOCK_MODE, too: leave one of them out/,
      /MYSQL_URL_FILE: must be the path of a file with MYSQL_URL: ENOENT/,
      /REDIS_URL: must be a URL/,
      /GATEWAY_MS: .*number/,
      /MYSQL_PASSWORD_FILE: is the path of an empty file/,
      /MYSQL_CA_FILE: must be the path of a file with MYSQL_CA: ENOENT/,
    ]) {
      expect(read).toThrow(part);
    }
    expect(read).not.toThrow(/geheim/);
  });

  test('the password of MySQL stands in its URL or beside it', () => {
    const read = () => readConfig({ MYSQL_URL: 'mysql://me:one@db/lab', MYSQL_PASSWORD: 'geheim' });
    expect(read).toThrow(/MYSQL_URL: has a password, and MYSQL_PASSWORD is set, too/);
    expect(read).not.toThrow(/geheim/);
  });
});

test('certificates are PEM, and used', () => {
  expect(() => readConfig({ MYSQL_CA: 'no' })).toThrow(/MYSQL_CA: must be certificates in PEM format$/m);
  const certificate = '-----BEGIN CERTIFICATE-----';
  expect(() => readConfig({ MYSQL_CA: certificate })).toThrow(/MYSQL_URL: needs ssl-mode=VERIFY_CA or VERIFY_IDENTITY/);
  expect(() => readConfig({ REDIS_CA: certificate })).toThrow(/REDIS_CA: needs a URL with TLS, rediss:/);
  expect(readConfig({ REDIS_CA: certificate, REDIS_URL: 'rediss://a' }).REDIS_CA).toBe(certificate);
  const REDLOCK_URLS = 'redis://a,redis://b,rediss://c';
  expect(readConfig({ REDIS_CA: certificate, REDLOCK_URLS }).REDIS_CA).toBe(certificate);
});

test('a misspelt variable is an error that names the one that is meant', () => {
  const read = () => readConfig({ LOCKMODE: 'redis', REDIS_URI_FILE: '/run/secrets/redis' });
  expect(read).toThrow(/2 error.*\n {2}LOCKMODE: is unknown: LOCK_MODE is meant\n {2}REDIS_URI_FILE: .*REDIS_URL_FILE/);
});

describe('REDLOCK_URLS', () => {
  test('is a list of servers, undefined by default', () => {
    const REDLOCK_URLS = 'redis://a:6379, redis://b:6379,rediss://c';
    expect(readConfig({ REDLOCK_URLS }).REDLOCK_URLS).toEqual(['redis://a:6379', 'redis://b:6379', 'rediss://c']);
    expect(readConfig({}).REDLOCK_URLS).toBeUndefined();
  });

  test.each([
    ['two servers', 'redis://a:6379,redis://b:6379', /at least three URLs such as redis:/],
    ['a list that ends in a comma', 'redis://a:6379,redis://b:6379,', /at least three URLs such as redis:/],
    ['another protocol', 'redis://a,redis://b,redis://c,http://:geheim@d', /at least three URLs such as redis:/],
    ['a server twice', 'redis://:geheim@a,redis://b,redis://A:6379/1', /must name each server once/],
  ])('rejects %s without printing a password', (_what, REDLOCK_URLS, message) => {
    const read = () => readConfig({ REDLOCK_URLS });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(new RegExp(`1 error.*\n  REDLOCK_URLS: .*${message.source}`));
    expect(read).not.toThrow(/geheim/);
  });

  test('is required by LOCK_MODE=redlock, reported beside other errors', () => {
    const read = () => readConfig({ LOCK_MODE: 'redlock', PORT: 'none' });
    expect(read).toThrow(/LOCK_MODE: needs REDLOCK_URLS, which is not set; it is "redlock"/);
    expect(read).toThrow(/PORT: /);
    const REDLOCK_URLS = 'redis://a,redis://b,redis://c';
    expect(readConfig({ LOCK_MODE: 'redlock', REDLOCK_URLS }).LOCK_MODE).toBe('redlock');
  });
});

describe('the scheduler', () => {
  test('is on by default, with locks on one Redis and no clock offset', () => {
    const { JOBS, JOBS_LOCK, JOBS_TTL_MS, JOBS_TIME_ZONE, JOBS_CLOCK_OFFSET_MS } = readConfig({});
    expect([JOBS, JOBS_LOCK, JOBS_TTL_MS, JOBS_TIME_ZONE, JOBS_CLOCK_OFFSET_MS]).toEqual([
      ...[true, 'redis', 30_000, 'UTC', 0],
    ]);
    const { RECONCILE_SCHEDULE, SYNC_SCHEDULE, PRUNE_SCHEDULE } = readConfig({ SYNC_SCHEDULE: '*/10 * * * * *' });
    expect([RECONCILE_SCHEDULE, SYNC_SCHEDULE, PRUNE_SCHEDULE]).toEqual(['* * * * *', '*/10 * * * * *', '17 3 * * *']);
  });

  test.each([
    ['JOBS', 'yes', /JOBS: .*"yes"/],
    ['JOBS_LOCK', 'redlock', /JOBS_LOCK: needs REDLOCK_URLS, which is not set/],
    ['JOBS_TIME_ZONE', 'Berlin', /JOBS_TIME_ZONE: must be a time zone such as Europe\/Berlin; it is "Berlin"/],
    ['JOBS_TTL_MS', '100', /JOBS_TTL_MS: .*"100"/],
    ['JOBS_CLOCK_OFFSET_MS', '2000', /JOBS_CLOCK_OFFSET_MS: needs LAB=on; it is "2000"/],
    ['GATEWAY_LOST_ANSWERS', '0.5', /GATEWAY_LOST_ANSWERS: needs LAB=on; it is "0.5"/],
    ['SYNC_SCHEDULE', 'often', /SYNC_SCHEDULE: must be a cron expression .* \(wrong number of fields\); it is "often"/],
    ['PRUNE_SCHEDULE', '0 24 * * *', /PRUNE_SCHEDULE: .*Invalid value for hour: 24/],
    ['RECONCILE_SCHEDULE', '0 0 31 2 *', /RECONCILE_SCHEDULE: .*this time never comes/],
  ])('%s cannot be %s', (name, value, message) => {
    expect(() => readConfig({ [name]: value })).toThrow(message);
  });

  test('may have a clock offset in the lab', () => {
    expect(readConfig({ LAB: 'on', JOBS_CLOCK_OFFSET_MS: '-2000' }).JOBS_CLOCK_OFFSET_MS).toBe(-2000);
  });
});

describe('the jobs', () => {
  test('by default only report, call no URL, and keep runs for 30 days', () => {
    const { RECONCILE, SYNC_URLS, SYNC_TIMEOUT_MS, JOB_RUNS_KEEP_DAYS } = readConfig({});
    expect([RECONCILE, SYNC_URLS, SYNC_TIMEOUT_MS, JOB_RUNS_KEEP_DAYS]).toEqual(['report', undefined, 5000, 30]);
  });

  test('judge only what is older than the longest request', () => {
    expect(reconcileAfterMs(readConfig({}))).toBe(134_600); // 2000 + 3 × 10 × 20 + 13 × 2 × 5000 + 4 × 500
    expect(reconcileAfterMs(readConfig({ LOCK_WAIT_MS: '5000', GATEWAY_MS: '10' }))).toBe(137_300);
    // With the lab on, a request may set a processor delay of 30 s. Stepped requests are skipped while they last.
    expect(reconcileAfterMs(readConfig({ LAB: 'on' }))).toBe(2000 + 3 * 30_000 + 130_000 + 2000);
    expect(reconcileAfterMs(readConfig({ RECONCILE_AFTER_MS: '140000' }))).toBe(140_000);
  });

  test('may judge what is younger only in the lab', () => {
    const read = () => readConfig({ RECONCILE_AFTER_MS: '134599' });
    expect(read).toThrow(/1 error.*\n {2}RECONCILE_AFTER_MS: must be at least 134600, .*; it is "134599"/);
    expect(readConfig({ RECONCILE_AFTER_MS: '134600' }).RECONCILE_AFTER_MS).toBe(134_600);
    expect(readConfig({ RECONCILE_AFTER_MS: '300', LAB: 'on' }).RECONCILE_AFTER_MS).toBe(300);
  });

  test('call a list of URLs, rejected without printing a secret', () => {
    const SYNC_URLS = 'https://a/x?y=1, http://user:geheim@127.0.0.1:8080';
    expect(readConfig({ SYNC_URLS }).SYNC_URLS).toEqual(['https://a/x?y=1', 'http://user:geheim@127.0.0.1:8080']);
    for (const wrong of ['https://a,', 'redis://:geheim@a', 'https://a,https://a/?geheim,b']) {
      const read = () => readConfig({ SYNC_URLS: wrong });
      expect(read).toThrow(/SYNC_URLS: must be URLs such as https:\/\/host\/path, separated by commas/);
      expect(read).not.toThrow(/geheim/);
    }
  });

  test.each([
    ['RECONCILE', 'fix', /RECONCILE: .*"report".*"repair".*it is "fix"/],
    ['RECONCILE_AFTER_MS', '0', /RECONCILE_AFTER_MS: .*it is "0"/],
    ['SYNC_TIMEOUT_MS', '0', /SYNC_TIMEOUT_MS: .*it is "0"/],
    ['JOB_RUNS_KEEP_DAYS', '0', /JOB_RUNS_KEEP_DAYS: .*it is "0"/],
  ])('%s cannot be %s', (name, value, message) => {
    expect(() => readConfig({ [name]: value })).toThrow(message);
  });
});

test('never prints a URL, which may hold a password', () => {
  const read = () => readConfig({ MYSQL_URL: 'postgres://root:geheim@db/x', REDIS_URL: 'nonsense' });
  expect(read).toThrow(/MYSQL_URL: must be a URL such as mysql:/);
  expect(read).toThrow(/REDIS_URL: must be a URL such as redis:/);
  expect(read).not.toThrow(/geheim/);
});
