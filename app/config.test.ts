import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('has a default for everything but the database and Redis of another machine', () => {
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

test('reads what is set, and takes an empty variable for one that is not', () => {
  const config = readConfig({ LOCK_MODE: 'redis', LAB: 'on', GATEWAY_MS: '0', PORT: '', LOCK_KEY: '' });
  expect(config).toMatchObject({ LOCK_MODE: 'redis', LAB: true, GATEWAY_MS: 0, PORT: 3000, LOCK_KEY: 'payment' });
});

test('is frozen', () => {
  expect(Object.isFrozen(readConfig({}))).toBe(true);
});

test('names every variable that is wrong, what it must be and what it was', () => {
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

test('never prints a URL, which may hold a password', () => {
  const read = () => readConfig({ MYSQL_URL: 'postgres://root:geheim@db/x', REDIS_URL: 'nonsense' });
  expect(read).toThrow(/MYSQL_URL: must be a URL such as mysql:.*\n.*REDIS_URL: must be a URL such as redis:/);
  expect(read).not.toThrow(/geheim/);
});
