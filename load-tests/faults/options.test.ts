import { expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/index.ts';
import { expectRefused } from '../refused-options.ts';
import { readOptions } from './options.ts';
import { scenarios } from './scenarios/index.ts';

test('every scenario, every mode and seed 1, unless told otherwise', () => {
  expect(readOptions([])).toEqual({ scenarios, modes: [...lockModeNames], seed: 1 });
});

test('takes lists of scenarios and modes', () => {
  const options = readOptions(['--scenarios', 'paused-holder, contention', '--modes', 'redis,fenced']);
  expect(options.scenarios.map(({ name }) => name)).toEqual(['contention', 'paused-holder']);
  expect(options.modes).toEqual(['redis', 'fenced']);
});

test('names the scenario that there is not, and those that there are', () => {
  expectRefused(
    readOptions,
    ['--scenarios', 'paused-holder,earthquake'],
    /--scenarios.*no scenario "earthquake": there are contention,/s,
  );
});
