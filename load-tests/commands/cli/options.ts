import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type LockModeName, lockModeNames } from '../../../app/lock-modes/index.ts';
import { repositoryRoot } from '../../stack/repository.ts';

/** A command line of options alone: an argument besides is refused. */
export function commandLine(name: string): Command {
  return new Command(name).allowExcessArguments(false).showHelpAfterError('(--help shows the options)');
}

/** Parses a whole number. The error says what it must be; commander puts the option's name before it. */
export function whole(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** `--report`: the directory of a command's HTML page. */
export function reportOption(page: string): Option {
  return new Option('--report <dir>', `write the result there as a page, ${page}`).default(
    join(repositoryRoot, 'reports'),
    'reports, in this repository',
  );
}

/** `--modes`, with its default. */
export function modesOption(defaults?: readonly LockModeName[]): Option {
  const option = new Option('--modes <list>', `modes to run, of ${lockModeNames.join(', ')}, or all`).argParser(
    modeList,
  );
  if (!defaults) return option;
  return option.default([...defaults], defaults.length === lockModeNames.length ? 'all' : defaults.join(','));
}

/** @throws {InvalidArgumentError} that lists the modes. */
function modeList(value: string): string[] {
  if (value.trim() === 'all') return [...lockModeNames];
  const modes = [...new Set(value.split(',').map((mode) => mode.trim()))];
  const unknown = modes.filter((mode) => !lockModeNames.some((name) => name === mode));
  if (unknown.length === 0) return modes;
  throw new InvalidArgumentError(`No mode "${unknown.join('", "')}"; the modes are ${lockModeNames.join(', ')}.`);
}
