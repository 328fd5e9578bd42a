import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/index.ts';
import { expectRefused } from '../commands/cli/refused-options.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { readOptions } from './options.ts';
import { quickModes } from './plan.ts';
import { scenarios } from './scenarios/index.ts';

test('every scenario in every mode, once, soaked for 15 seconds, and seed 1, unless told otherwise', () => {
  const usual = { scenarios, modes: [...lockModeNames], quick: false, repeat: 1, soakSeconds: 15, seed: 1 };
  expect(readOptions([])).toEqual({ ...usual, report: join(repositoryRoot, 'reports') });
});

test('a quick run has fewer modes and a shorter soak, unless it is told these', () => {
  expect(readOptions(['--quick'])).toMatchObject({ quick: true, modes: quickModes, soakSeconds: 15 });
  const told = readOptions(['--quick', '--modes', 'row', '--soak-seconds', '60']);
  expect(told).toMatchObject({ quick: true, modes: ['row'], soakSeconds: 60 });
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

test('the help names every scenario and mode, and fits on a screen', () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit');
  });
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    expect(() => readOptions(['--help'])).toThrow('exit');
    expect(exit).toHaveBeenCalledWith(0);
    const help = written.mock.calls.flat().join('');
    for (const name of [...scenarios.map(({ name }) => name), ...lockModeNames]) expect(help).toContain(name);
    expect(help.split('\n').length).toBeLessThan(45);
  } finally {
    exit.mockRestore();
    written.mockRestore();
  }
});
