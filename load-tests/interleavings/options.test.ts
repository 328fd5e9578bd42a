import { expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { expectRefused } from '../commands/cli/refused-options.ts';
import { readOptions } from './options.ts';
import { pairs } from './pairs.ts';

test('defaults to every mode and every pair', () => {
  expect(readOptions([])).toEqual({ modes: [...lockModeNames], pairs, readme: false });
});

test('takes lists of modes and pairs, each pair with all its initial states', () => {
  const { modes, pairs: chosen } = readOptions(['--modes', 'redis,none', '--pairs', 'pay-cancel, pay-pay']);
  expect(modes).toEqual(['redis', 'none']);
  expect(chosen.map(({ name, starts }) => `${name} ${starts}`)).toEqual([
    'pay ‖ cancel free',
    'pay ‖ cancel paid',
    'pay ‖ pay free',
  ]);
});

test.each([
  [['--modes', 'redsi'], /--modes.*No mode "redsi"/s],
  [['--pairs', 'cancel-pay'], /--pairs.*No pair "cancel-pay"; the pairs are pay-cancel, pay-pay, cancel-cancel/s],
  [['none'], /too many arguments/],
])('names the invalid option: %j', (argv, message) => {
  expectRefused(readOptions, argv, message);
});
