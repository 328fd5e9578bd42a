import { expect, test } from 'vitest';
import { readRedisUrl } from './redis-url.ts';

test.each(['redis://cache', 'REDIS://cache', 'rediss://user:secret@cache:6380/2'])('leaves %s to ioredis', (url) => {
  expect(readRedisUrl(url)).toEqual({ name: new URL(url).host, connection: url });
});

test('reads the shortest URL of a master behind a Sentinel', () => {
  expect(readRedisUrl('redis+sentinel://a/lab')).toEqual({
    name: 'lab behind a',
    connection: { sentinels: [{ host: 'a', port: 26379 }], name: 'lab', db: 0 },
  });
});

test('reads all parts of one', () => {
  const url = 'rediss+sentinel://me:p%40ss@a:1,[::1]:2,c/my%20lab/3?sentinelUsername=s&sentinelPassword=ge+heim%2F';
  const { name, connection } = readRedisUrl(url) ?? {};
  expect(name).toBe('my%20lab behind a:1,[::1]:2,c');
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
  '',
  'cache',
  'redis://',
  'redis://a:70000',
  'redis://a,b',
  'http://a',
  'redis+cluster://',
  'redis+cluster://a,',
  'redis+cluster://a:0',
  'redis+cluster://a/1',
  'redis+cluster://a?x=1',
  'redis+sentinel://a',
  'redis+sentinel://a/',
  'redis+sentinel://a,/lab',
  'redis+sentinel://a:x/lab',
  'redis+sentinel://a:0/lab',
  'redis+sentinel://a:70000/lab',
  'redis+sentinel://a/lab?sentinelPassword=%zz',
  'redis+sentinel://a/lab/first',
  'redis+sentinel://a/lab?nonsense=1',
  'redis+sentinel://%zz:b@a/lab',
])('refuses %j', (url) => {
  expect(readRedisUrl(url)).toBeUndefined();
});
