import { expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/index.ts';
import { expectRefused } from '../commands/cli/refused-options.ts';
import { readOptions } from './options.ts';
import { pairs } from './pairs.ts';

test('every mode and every pair, unless told otherwise', () => {
  expect(readOptions([])).toEqual({ modes: [...lockModeNames], pairs });
});

test('takes lists of modes and of pairs; a pair comes from every state that it is replayed from', () => {
  const { modes, pairs: chosen } = readOptions(['--modes', 'redis,none', '--pairs', 'pay-cancel, pay-pay']);
  expect(modes).toEqual(['redis', 'none']);
  expect(chosen.map(({ name, starts }) => `${name} ${starts}`)).toEqual([
    'pay ‖ cancel free',
    'pay ‖ cancel paid',
    'pay ‖ pay free',
  ]);
});

test.each([
  [['--modes', 'redsi'], /--modes.*no mode "redsi"/s],
  [['--pairs', 'cancel-pay'], /--pairs.*no pair "cancel-pay": there are pay-cancel, pay-pay, cancel-cancel/s],
  [['none'], /too many arguments/],
])('%j: says what is wrong, and exits with 1', (argv, message) => {
  expectRefused(readOptions, argv, message);
});
