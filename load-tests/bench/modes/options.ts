import { lockModeNames } from '../../../app/lock-modes/registry.ts';
import { jsonOption } from '../../commands/cli/json.ts';
import { commandLine, modesOption, whole } from '../../commands/cli/options.ts';
import { readmeOption } from '../../report/figures.ts';

export interface ModesBenchOptions {
  /** Each once, `none` first. */
  readonly modes: readonly string[];
  readonly users: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly json?: string;
  readonly readme: boolean;
}

/** Parses the command line. An invalid option is named and the process exits with 1; `--help` exits with 0. */
export function readOptions(argv: readonly string[]): ModesBenchOptions {
  const { modes, ...options } = commandLine('npm run bench:modes --')
    .description('Measures what each mode costs compared with none, without contention and with one hot user.')
    .addOption(modesOption(lockModeNames))
    .option('--users <n>', 'users of the uncontended case', whole(1, 90_000), 10_000)
    .option('--connections <n>', 'connections of the load, one request at a time on each', whole(1, 1000), 32)
    .option('--seconds <n>', 'length of each slice', whole(1, 60), 3)
    .option('--rounds <n>', 'rounds; their median is printed', whole(1, 100), 5)
    .addOption(jsonOption(', with every round'))
    .addOption(readmeOption('bench:modes'))
    .parse([...argv], { from: 'user' })
    .opts<ModesBenchOptions>();
  return { ...options, modes: [...new Set(['none', ...modes])] };
}
