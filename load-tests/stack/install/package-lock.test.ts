import { expect, test } from 'vitest';
import { firstDifference, type LockedPackage } from './package-lock.mjs';

const linux = { os: 'linux', cpu: 'x64' };
const lock = (packages: Record<string, LockedPackage>) => ({ packages: { '': {}, ...packages } });
const wanted = lock({ 'node_modules/knex': { version: '3.1.0' } });

test('what is installed as locked is no difference', () => {
  expect(firstDifference(wanted, { packages: { 'node_modules/knex': { version: '3.1.0' } } }, linux)).toBeUndefined();
});

test('a missing package is named', () => {
  expect(firstDifference(wanted, { packages: {} }, linux)).toBe('knex 3.1.0 is not installed');
});

test('another version is named, also of a package within a package', () => {
  const nested = (version: string) => lock({ 'node_modules/knex/node_modules/debug': { version } });
  expect(firstDifference(nested('4.0.0'), nested('3.9.9'), linux)).toBe('debug is 3.9.9 and should be 4.0.0');
});

test('an optional package counts only on the machine that it is for', () => {
  const native = lock({ 'node_modules/@x/native': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'] } });
  expect(firstDifference(native, {}, linux)).toBe('@x/native 1.0.0 is not installed');
  expect(firstDifference(native, {}, { os: 'darwin', cpu: 'x64' })).toBeUndefined();
  expect(firstDifference(native, {}, { os: 'linux', cpu: 'arm64' })).toBeUndefined();
});

test('an optional package that npm may leave out for reasons of its own does not count', () => {
  const unknown = { version: '1.0.0', optional: true };
  const musl = { ...unknown, os: ['linux'], cpu: ['x64'], libc: ['musl'] };
  expect(firstDifference(lock({ 'node_modules/a': unknown, 'node_modules/b': musl }), {}, linux)).toBeUndefined();
});
