import { Command, InvalidArgumentError } from 'commander';
import { type LockModeName, lockModeNames } from '../../app/lock-modes/index.ts';
import { whole } from '../options.ts';
import { modeList } from '../race-options.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';

export interface FaultTestOptions {
  readonly scenarios: readonly Scenario[];
  readonly modes: readonly LockModeName[];
  readonly json?: string;
  readonly seed: number;
}

const names = scenarios.map(({ name }) => name);

/**
 * Reads the command line. What is wrong is said with the option's name, and the process exits with 1; `--help` prints
 * and exits with 0.
 */
export function readOptions(argv: readonly string[]): FaultTestOptions {
  return new Command('npm run fault-test --')
    .description('Injects faults for real, in every lock mode, and prints a matrix of what the witnesses saw.')
    .option('--scenarios <list>', `scenarios to run, of ${names.join(', ')}, or all`, scenarioList, scenarios)
    .option('--modes <list>', `modes to run, of ${lockModeNames.join(', ')}, or all`, modeList, [...lockModeNames])
    .option('--json <file>', 'write the result there as JSON, with every timeline')
    .option('--seed <n>', 'seed of the loads', whole(0, 2_147_483_647), 1)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the options)')
    .parse([...argv], { from: 'user' })
    .opts<FaultTestOptions>();
}

function scenarioList(value: string): Scenario[] {
  if (value.trim() === 'all') return [...scenarios];
  const wanted = value.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length === 0) return scenarios.filter(({ name }) => wanted.includes(name));
  throw new InvalidArgumentError(`There is no scenario "${unknown.join('", "')}": there are ${names.join(', ')}.`);
}
