import { InvalidArgumentError, Option } from 'commander';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import { jsonOption } from '../commands/cli/json.ts';
import { commandLine, modesOption, reportOption, whole } from '../commands/cli/options.ts';
import { readmeOption } from '../report/figures.ts';
import type { LockKey } from './expectation.ts';

export interface RaceTestOptions {
  readonly modes: readonly string[];
  readonly users: number;
  readonly amounts: number;
  readonly lockKey: LockKey;
  readonly connections: number;
  readonly duration: number;
  readonly instances: number;
  readonly url?: string;
  readonly json?: string;
  /** The directory that the page goes to. */
  readonly report: string;
  readonly seed: number;
  readonly readme: boolean;
}

const defaultModes: readonly LockModeName[] = ['none', 'redis'];

/** Parses the command line. An invalid option is named and the process exits with 1; `--help` exits with 0. */
export function readOptions(argv: readonly string[]): RaceTestOptions {
  const command = commandLine('npm run race-test --')
    .description('Shows the race in each lock mode: users get access without paying, until a lock prevents it.')
    .addOption(modesOption(defaultModes))
    .option('--users <n>', 'users, each with its own amounts', whole(1, 100_000), 50)
    .option('--amounts <n>', 'amounts per user', whole(1, 4), 1)
    .addOption(
      new Option('--lock-key <key>', 'lock key: of the user and the amount, or of the user alone')
        .choices(['payment', 'user'] satisfies LockKey[])
        .default('payment'),
    )
    .option('--connections <n>', 'connections of the load, one request at a time on each', whole(1, 1000), 32)
    .option('--duration <seconds>', 'length of each load', whole(1, 3600), 5)
    .option('--instances <n>', 'instances of the service', whole(1, 32), 3)
    .addOption(
      new Option(
        '--url <url>',
        'test a running stack in its own mode (assumes LOCK_KEY=payment) instead of a private one',
      )
        .argParser(httpUrl)
        .conflicts(['modes', 'instances', 'lockKey']),
    )
    .addOption(jsonOption())
    .addOption(reportOption('race-test.html'))
    .addOption(readmeOption('race-test').conflicts('url'))
    .option('--seed <n>', 'seed of the random mix', whole(0, 2_147_483_647), 1);
  return command.parse([...argv], { from: 'user' }).opts<RaceTestOptions>();
}

function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:8080.');
}
