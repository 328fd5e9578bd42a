import { expect, test } from 'vitest';
import { lockModeNames } from '../../../app/lock-modes/registry.ts';
import { readOptions } from './options.ts';

test('defaults to every mode, 10,000 users, 32 connections, five rounds of three seconds', () => {
  expect(readOptions([])).toEqual({
    modes: [...lockModeNames],
    users: 10_000,
    connections: 32,
    seconds: 3,
    rounds: 5,
    readme: false,
  });
});

test('always measures none, and first', () => {
  expect(readOptions(['--modes', 'row,redis']).modes).toEqual(['none', 'row', 'redis']);
  expect(readOptions(['--modes', 'row,none']).modes).toEqual(['none', 'row']);
});
