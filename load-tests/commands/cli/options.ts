import { join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { repositoryRoot } from '../../stack/repository.ts';

/** An option's value as a whole number. The error says what it must be; commander puts the option's name before it. */
export function whole(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** `--report`: the directory that a command's page goes to. */
export function reportOption(page: string): Option {
  return new Option('--report <dir>', `write the result there as a page, ${page}`).default(
    join(repositoryRoot, 'reports'),
    'reports, in this repository',
  );
}
