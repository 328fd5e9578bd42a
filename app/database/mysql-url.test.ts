import { expect, test } from 'vitest';
import { readMysqlAddress } from './mysql-url.ts';

test('reads the shortest URL', () => {
  expect(readMysqlAddress({ url: 'mysql://db/lab' })).toEqual({
    host: 'db',
    port: 3306,
    password: '',
    database: 'lab',
  });
});

test('reads all parts of one', () => {
  const url = 'mysql://m%40e:p%25ss%2F@db:3307/my%20lab?ssl-mode=VERIFY_IDENTITY';
  expect(readMysqlAddress({ url, ca: 'PEM' })).toEqual({
    ...{ host: 'db', port: 3307, user: 'm@e', password: 'p%ss/', database: 'my lab' },
    ssl: { rejectUnauthorized: true, verifyIdentity: true, ca: 'PEM' },
  });
});

test('reads an IPv6 address', () => {
  expect(readMysqlAddress({ url: 'mysql://[::1]:3307/lab' })).toMatchObject({ host: '::1', port: 3307 });
});

test('takes a password beside the URL as it is', () => {
  expect(readMysqlAddress({ url: 'mysql://me@db/lab', password: '50%@/' })).toMatchObject({ password: '50%@/' });
});

test.each([
  ['DISABLED', undefined],
  ['REQUIRED', { rejectUnauthorized: false }],
  ['VERIFY_CA', { rejectUnauthorized: true, verifyIdentity: false }],
])('ssl-mode=%s', (mode, ssl) => {
  expect(readMysqlAddress({ url: `mysql://db/lab?ssl-mode=${mode}` }).ssl).toEqual(ssl);
});

test.each([
  ['', 'must be a URL such as mysql://user:password@host:3306/database'],
  ['postgres://db/lab', 'must be a URL such as mysql:'],
  ['mysql://a,b/lab', 'must be a URL such as mysql:'],
  ['mysql://me:geheim%@db/lab', 'has a % in the password that encodes nothing: write % as %25'],
  ['mysql://me:geheim@db', 'must name one database'],
  ['mysql://me:geheim@db/', 'must name one database'],
  ['mysql://me:geheim@db/lab/2', 'must name one database'],
  ['mysql://me:geheim@::1/lab', 'an IPv6 address in brackets: [::1]:port'],
  ['mysql://db/lab?nonsense=1', 'has the option "nonsense", which is unknown: the options are ssl-mode'],
  ['mysql://db/lab?ssl-mode=PREFERRED', 'it may be DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY'],
  ['mysql://127.0.0.1/lab?ssl-mode=VERIFY_IDENTITY', 'must name its host for ssl-mode=VERIFY_IDENTITY'],
  ['mysql://[::1]/lab?ssl-mode=VERIFY_IDENTITY', 'must name its host'],
  ['mysql://db/lab?ssl-mode=', 'it may be DISABLED'],
])('refuses %j: %s', (url, message) => {
  expect(() => readMysqlAddress({ url })).toThrow(message);
  expect(() => readMysqlAddress({ url })).not.toThrow(/geheim/);
});
