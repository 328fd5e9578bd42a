import { Option } from 'commander';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { jsonOption } from '../commands/cli/json.ts';
import { commandLine, modesOption, whole } from '../commands/cli/options.ts';
import { expectedVerdict } from '../race/expectation.ts';
import { readmeOption } from '../report/figures.ts';

export interface RetryTestOptions {
  readonly modes: readonly string[];
  readonly keys: 'off' | 'on' | 'both';
  readonly intents: number;
  readonly kills: number;
  readonly leaseMs: number;
  readonly seed: number;
  readonly json?: string;
  readonly readme: boolean;
}

/** `none`, and the guards that hold on several instances; `naive` does so only without faults. */
const defaultModes = lockModeNames.filter(
  (mode) => mode === 'none' || (mode !== 'naive' && expectedVerdict(mode, 2) === 'held'),
);

/** Parses the command line. An invalid option is named and the process exits with 1; `--help` exits with 0. */
export function readOptions(argv: readonly string[]): RetryTestOptions {
  return commandLine('npm run retry-test --')
    .description('Runs clients that retry in each lock mode, without and with Idempotency-Key.')
    .addOption(modesOption(defaultModes))
    .addOption(
      new Option('--keys <which>', 'whether requests carry an Idempotency-Key')
        .choices(['off', 'on', 'both'])
        .default('both'),
    )
    .option('--intents <n>', 'payments and cancellations that the clients intend', whole(1, 100_000), 200)
    .option('--kills <n>', 'how often an instance is killed; clients continue until the last kill', whole(0, 10_000), 1)
    .option('--lease-ms <ms>', 'how long the locks and keys of a killed instance last', whole(100, 60_000), 1000)
    .option('--seed <n>', 'seed of the random mix', whole(0, 2_147_483_647), 1)
    .addOption(jsonOption())
    .addOption(readmeOption('retry-test'))
    .parse([...argv], { from: 'user' })
    .opts<RetryTestOptions>();
}
