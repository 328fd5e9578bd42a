import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type LockModeName, lockModeNames } from '../../../app/lock-modes/registry.ts';
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

/** Parses a list of names, each once, such as of the `mode`s. The error lists them all. */
export function namesOf(what: string, names: readonly string[]): (value: string) => string[] {
  return (value) => {
    const wanted = [...new Set(value.split(',').map((name) => name.trim()))];
    const unknown = wanted.filter((name) => !names.includes(name));
    if (unknown.length === 0) return wanted;
    throw new InvalidArgumentError(`No ${what} "${unknown.join('", "')}"; the ${what}s are ${names.join(', ')}.`);
  };
}

/** `--report`: the directory of a command's HTML page. */
export function reportOption(page: string): Option {
  return new Option('--report <dir>', `write the result to this directory as a page, ${page}`).default(
    join(repositoryRoot, 'reports'),
    'reports, in this repository',
  );
}

/** `--modes`, with its default. */
export function modesOption(defaults?: readonly LockModeName[]): Option {
  const modeList = namesOf('mode', lockModeNames);
  const all = defaults ? 'all' : 'all (default: all)';
  const option = new Option('--modes <list>', `modes to run, of ${lockModeNames.join(', ')}, or ${all}`).argParser(
    (value: string) => (value.trim() === 'all' ? [...lockModeNames] : modeList(value)),
  );
  if (!defaults) return option;
  return option.default([...defaults], defaults.length === lockModeNames.length ? 'all' : defaults.join(','));
}
