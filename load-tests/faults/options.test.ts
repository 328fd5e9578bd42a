import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { expectRefused } from '../commands/cli/refused-options.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { readOptions } from './options.ts';
import { quickModes } from './plan.ts';
import { scenarios } from './scenarios/index.ts';

test('has the documented defaults', () => {
  const defaults = {
    scenarios,
    modes: [...lockModeNames],
    quick: false,
    repeat: 1,
    soakSeconds: 15,
    seed: 1,
    readme: false,
  };
  expect(readOptions([])).toEqual({ ...defaults, report: join(repositoryRoot, 'reports') });
});

test('a quick run has fewer modes by default', () => {
  expect(readOptions(['--quick'])).toMatchObject({ quick: true, modes: quickModes, soakSeconds: 15 });
  const explicit = readOptions(['--quick', '--modes', 'row', '--soak-seconds', '60']);
  expect(explicit).toMatchObject({ quick: true, modes: ['row'], soakSeconds: 60 });
});

test('takes lists of scenarios and modes', () => {
  const options = readOptions(['--scenarios', 'paused-holder, contention', '--modes', 'redis,fenced']);
  expect(options.scenarios.map(({ name }) => name)).toEqual(['contention', 'paused-holder']);
  expect(options.modes).toEqual(['redis', 'fenced']);
});

test('names an unknown scenario and lists the known ones', () => {
  expectRefused(
    readOptions,
    ['--scenarios', 'paused-holder,earthquake'],
    /--scenarios.*No scenario "earthquake"; the scenarios are contention,/s,
  );
});

test('lists every scenario and mode in --help, on one screen', () => {
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
