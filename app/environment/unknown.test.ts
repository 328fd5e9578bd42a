import { expect, test } from 'vitest';
import { variableNames } from '../config.ts';
import { findUnknown } from './unknown.ts';

const find = (...names: string[]) =>
  findUnknown(Object.fromEntries(names.map((name) => [name, 'value'])), variableNames);

test.each([
  ['LOCKMODE', 'LOCK_MODE'],
  ['lock_mode', 'LOCK_MODE'],
  ['LOCK_MOD', 'LOCK_MODE'],
  ['LOCK_MODES', 'LOCK_MODE'],
  ['LOCK_WIAT_MS', 'LOCK_WAIT_MS'],
  ['MYSQL_URI', 'MYSQL_URL'],
  ['MYSQLURL_FILE', 'MYSQL_URL_FILE'],
  ['Lab', 'LAB'],
])('%s is a misspelling of %s', (name, meant) => {
  expect([...find(name).misspelt]).toEqual([[name, meant]]);
});

test('what merely begins like several of ours is only alike', () => {
  const { misspelt, alike } = find('LOCK_TIMEOUT', 'MYSQL_DATABASE', 'JOB_NAME', 'LOG_FILE');
  expect([...misspelt]).toEqual([]);
  expect(alike).toEqual(['LOCK_TIMEOUT', 'MYSQL_DATABASE']);
});

test('finds nothing wrong with our own, their files, empty ones, and those of others', () => {
  const usual = ['PATH', 'HOME', 'HOSTNAME', 'HOST', 'POST', 'LANG', 'LABEL', 'JOB', 'NODE_ENV', 'CI', 'TERM', 'PWD'];
  const files = variableNames.map((name) => `${name}_FILE`);
  expect(find(...variableNames, ...files, ...usual)).toEqual({ misspelt: new Map(), alike: [] });
  expect(findUnknown({ LOCKMODE: '' }, variableNames).misspelt.size).toBe(0);
});

test('ignores the links that Kubernetes and Docker set for a service', () => {
  const links = {
    REDIS_PORT: 'tcp://10.0.0.1:6379',
    REDIS_SERVICE_HOST: '10.0.0.1',
    MYSQL_PORT_3306_TCP_ADDR: '10.0.0.2',
  };
  expect(findUnknown(links, variableNames)).toEqual({ misspelt: new Map(), alike: [] });
});
