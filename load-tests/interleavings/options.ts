import { Option } from 'commander';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { jsonOption } from '../commands/cli/json.ts';
import { commandLine, modesOption, namesOf } from '../commands/cli/options.ts';
import { readmeOption } from '../report/figures.ts';
import { type Pair, pairs } from './pairs.ts';

export interface InterleavingsOptions {
  readonly modes: readonly string[];
  readonly pairs: readonly Pair[];
  readonly json?: string;
  readonly readme: boolean;
}

const slug = ({ commands }: Pair) => `${commands.A}-${commands.B}`;
const slugs = [...new Set(pairs.map(slug))];

/** Parses the command line. An invalid option is named and the process exits with 1; `--help` exits with 0. */
export function readOptions(argv: readonly string[]): InterleavingsOptions {
  return commandLine('npm run interleavings --')
    .description("Replays every order of two requests' steps in each lock mode, on two instances of the service.")
    .addOption(modesOption(lockModeNames))
    .addOption(
      new Option('--pairs <list>', `pairs of requests, of ${slugs.join(', ')}`)
        .argParser(pairList)
        .default(pairs, 'all'),
    )
    .addOption(jsonOption(', with every replay'))
    .addOption(readmeOption('interleavings'))
    .parse([...argv], { from: 'user' })
    .opts<InterleavingsOptions>();
}

function pairList(value: string): Pair[] {
  const wanted = namesOf('pair', slugs)(value);
  return pairs.filter((pair) => wanted.includes(slug(pair)));
}
