import { expect, test } from 'vitest';
import { readRedisUrl } from './url.ts';

test.each([
  ['redis://cache', { host: 'cache', port: 6379, db: 0 }],
  ['REDIS://[::1]:6380/', { host: '::1', port: 6380, db: 0 }],
  ['redis://:p%40s@s:@cache', { host: 'cache', port: 6379, db: 0, password: 'p@s@s:' }],
  ['rediss://me:secret@cache:1/2', { host: 'cache', port: 1, db: 2, username: 'me', password: 'secret', tls: {} }],
])('reads %s', (url, connection) => {
  const name = /[^@/]+(?=\/|$)/.exec(url.replace(/^.*?:\/\/(.*@)?/, ''))?.[0];
  expect(readRedisUrl(url)).toEqual({ name, connection });
});

test('hands the certificates on to every connection with TLS', () => {
  expect(readRedisUrl('rediss://a', 'PEM').connection).toMatchObject({ tls: { ca: 'PEM' } });
  expect(readRedisUrl('rediss+cluster://a', 'PEM').connection).toMatchObject({ redisOptions: { tls: { ca: 'PEM' } } });
  const tls = { tls: { ca: 'PEM' }, sentinelTLS: { ca: 'PEM' } };
  expect(readRedisUrl('rediss+sentinel://a/lab', 'PEM').connection).toMatchObject(tls);
  expect(readRedisUrl('redis://a', 'PEM').connection).not.toHaveProperty('tls');
});

test('reads the shortest URL of a master behind a Sentinel', () => {
  expect(readRedisUrl('redis+sentinel://a/lab')).toEqual({
    name: 'lab behind a',
    connection: { sentinels: [{ host: 'a', port: 26379 }], name: 'lab', db: 0 },
  });
});

test('reads all parts of one', () => {
  const url = 'rediss+sentinel://me:p%40ss@a:1,[::1]:2,c/my%20lab/3?sentinelUsername=s&sentinelPassword=ge+heim%2F';
  const { name, connection } = readRedisUrl(url);
  expect(name).toBe('my lab behind a:1,[::1]:2,c');
  expect(connection).toMatchObject({
    sentinels: [
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
      { host: 'c', port: 26379 },
    ],
    ...{ name: 'my lab', username: 'me', password: 'p@ss', db: 3 },
    ...{
      sentinelUsername: 's',
      sentinelPassword: 'ge+heim/',
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    },
  });
});

test('reads all parts of the URL of a cluster', () => {
  expect(readRedisUrl('rediss+cluster://me:p%40ss@a:1,[::1]:2,c')).toEqual({
    name: 'the cluster of a:1,[::1]:2,c',
    connection: {
      startNodes: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
        { host: 'c', port: 6379 },
      ],
      redisOptions: { username: 'me', password: 'p@ss', tls: {} },
    },
  });
});

test.each([
  ['', 'must be a URL such as redis://host:6379, redis+sentinel:'],
  ['cache', 'must be a URL'],
  ['http://a', 'must be a URL'],
  ['redis://', 'must be a URL'],
  ['redis://a,b', 'must be a URL'],
  ['redis://:geheim/@a', 'write % as %25, / as %2F, ? as %3F and # as %23'],
  ['redis://:geheim%@a', 'has a % in the password that encodes nothing: write % as %25'],
  ['redis://a:70000', 'must have ports from 1 to 65535'],
  ['redis://::1', 'an IPv6 address in brackets'],
  ['redis://a/first', 'must have a number as its database'],
  ['redis://:geheim@a?family=6', 'has the option "family", which is unknown: there are none'],
  ['redis+cluster://', 'must be a URL'],
  ['redis+cluster://a,', 'must name each server'],
  ['redis+cluster://a:0', 'must have ports'],
  ['redis+cluster://a/1', 'must have no path: a cluster has one database'],
  ['redis+cluster://a?x=1', 'has the option "x"'],
  ['redis+sentinel://a', 'must have the name that the Sentinels give the master'],
  ['redis+sentinel://a/', 'must have the name'],
  ['redis+sentinel://a,/lab', 'must name each server'],
  ['redis+sentinel://a:x/lab', 'must name each server'],
  ['redis+sentinel://a/lab?sentinelPassword=%zz', 'has a % in the option sentinelPassword'],
  ['redis+sentinel://a/lab?sentinelPassword=geheim&sentinelPassword=b', 'has the option "sentinelPassword" twice'],
  ['redis+sentinel://a/lab/first', 'must have a number as its database'],
  ['redis+sentinel://a/lab?nonsense=geheim', 'the options are sentinelUsername, sentinelPassword'],
  ['redis+sentinel://%zz:b@a/lab', 'has a % in the user'],
])('refuses %j: %s', (url, message) => {
  expect(() => readRedisUrl(url)).toThrow(message);
  expect(() => readRedisUrl(url)).not.toThrow(/geheim/);
});
