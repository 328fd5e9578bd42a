import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { expectRefused } from '../commands/cli/refused-options.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { readOptions } from './options.ts';

test('has the documented defaults', () => {
  expect(readOptions([])).toEqual({
    modes: ['none', 'redis'],
    users: 50,
    amounts: 1,
    lockKey: 'payment',
    connections: 32,
    duration: 5,
    instances: 3,
    report: join(repositoryRoot, 'reports'),
    seed: 1,
    readme: false,
  });
});

test('takes a list of modes, each once', () => {
  expect(readOptions(['--modes', 'none, redis,none']).modes).toEqual(['none', 'redis']);
});

test('expands all to every mode', () => {
  expect(readOptions(['--modes', 'all']).modes).toEqual(lockModeNames);
});

test('takes several amounts per user, and the lock key', () => {
  const argv = ['--amounts', '2', '--lock-key', 'user'];
  expect(readOptions(argv)).toMatchObject({ amounts: 2, lockKey: 'user' });
});

test('takes several amounts against a running stack', () => {
  expect(readOptions(['--url', 'http://127.0.0.1:8080', '--amounts', '4'])).toMatchObject({ amounts: 4 });
});

describe('names the invalid option', () => {
  test.each([
    [['--users', '0'], /--users.*whole number from 1 to 100000/s],
    [['--duration', '1.5'], /--duration.*whole number/s],
    [['--modes', 'none,redsi'], /--modes.*No mode "redsi"; the modes are none, memory, naive, redis, redlock/s],
    [['--url', 'localhost'], /--url.*a URL such as/s],
    [['--url', 'http://127.0.0.1:8080', '--modes', 'redis'], /--url.*--modes/s],
    [['--url', 'http://127.0.0.1:8080', '--lock-key', 'user'], /--url.*--lock-key/s],
    [['--amounts', '0'], /--amounts.*whole number from 1 to 4/s],
    [['--amounts', '5'], /--amounts.*whole number from 1 to 4/s],
    [['--lock-key', 'amount'], /--lock-key.*payment, user/s],
    [['--colour'], /unknown option '--colour'/],
    [['none'], /too many arguments/],
  ])('%j', (argv, message) => {
    expectRefused(readOptions, argv, message);
  });
});
