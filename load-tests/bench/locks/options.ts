import { Option } from 'commander';
import { jsonOption } from '../../commands/cli/json.ts';
import { commandLine, namesOf, whole } from '../../commands/cli/options.ts';
import { readmeOption } from '../../report/figures.ts';

/** In running order. */
export const rowNames = [
  'uncontended',
  'held-0ms',
  'held-2ms',
  'held-5ms',
  'two-processes',
  'everyone-waits',
  'redlock-uncontended',
  'redlock-held-5ms',
  'redlock-frozen',
  'hot-user',
] as const;
export type RowName = (typeof rowNames)[number];

export interface LockBenchOptions {
  readonly only: readonly RowName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly retryMs?: number;
  readonly json?: string;
  readonly readme: boolean;
}

/** Parses the command line. An invalid option is named and the process exits with 1; `--help` exits with 0. */
export function readOptions(argv: readonly string[]): LockBenchOptions {
  const command = commandLine('npm run bench:locks --')
    .description('Compares the Redis lock with three npm libraries on the same Redis.')
    .addOption(
      new Option('--only <rows>', `rows to measure, of ${rowNames.join(', ')}`)
        .argParser(rowList)
        .default([...rowNames], 'all of them'),
    )
    .option('--rounds <n>', 'rounds; their median is printed', whole(1, 100), 3)
    .option('--seconds <n>', 'length of each slice', whole(1, 60), 2)
    .option('--retry-ms <n>', 'pause between two tries of the libraries; default: the best for each', whole(1, 1000))
    .addOption(jsonOption())
    .addOption(readmeOption('bench:locks'));
  return command.parse([...argv], { from: 'user' }).opts<LockBenchOptions>();
}

function rowList(value: string): RowName[] {
  const wanted = namesOf('row', rowNames)(value);
  return rowNames.filter((row) => wanted.includes(row));
}
