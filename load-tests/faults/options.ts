import { Command, InvalidArgumentError } from 'commander';
import { type LockModeName, lockModeNames } from '../../app/lock-modes/index.ts';
import { reportOption, whole } from '../commands/cli/options.ts';
import { modeList } from '../race/options.ts';
import { type PlanOptions, quickModes } from './plan.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';

export interface FaultTestOptions extends PlanOptions {
  readonly json?: string;
  /** The directory that the page goes to. */
  readonly report: string;
  readonly seed: number;
  /** How long a soak lasts, in each mode. */
  readonly soakSeconds: number;
}

/** What was on the command line. */
interface Given extends Omit<FaultTestOptions, 'scenarios' | 'modes'> {
  readonly scenarios?: readonly Scenario[];
  readonly modes?: readonly LockModeName[];
}

const names = scenarios.map(({ name }) => name);

/**
 * A dozen pauses or more in each mode, of which each may lose updates: that is enough for a verdict, and keeps the eight
 * modes within two and a half minutes of the whole matrix. A minute of each, as Jepsen had, is for the figures.
 */
const soakSeconds = 15;

/**
 * Reads the command line. What is wrong is said with the option's name, and the process exits with 1; `--help` prints
 * and exits with 0.
 */
export function readOptions(argv: readonly string[]): FaultTestOptions {
  const given = new Command('npm run fault-test --')
    .description('Injects faults for real, in every lock mode, and prints a matrix of what the witnesses saw.')
    .option('--scenarios <list>', `scenarios to run, of ${names.join(', ')}, or all (default: all)`, scenarioList)
    .option('--modes <list>', `modes to run, of ${lockModeNames.join(', ')}, or all (default: all)`, modeList)
    .option(
      '--quick',
      `play each scenario in no more modes than show every outcome that is expected of it, taken in the order ${quickModes.join(', ')}, or of those in --modes`,
      false,
    )
    .option('--repeat <n>', 'play each cell so many times', whole(1, 1000), 1)
    .option('--soak-seconds <n>', 'length of the soak in each mode', whole(3, 600), soakSeconds)
    .option('--json <file>', 'write the result there as JSON, with every timeline')
    .addOption(reportOption('fault-test.html'))
    .option('--seed <n>', 'seed of the loads and of the pauses', whole(0, 2_147_483_647), 1)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the options)')
    .parse([...argv], { from: 'user' })
    .opts<Given>();
  return {
    ...given,
    scenarios: given.scenarios ?? scenarios,
    modes: given.modes ?? (given.quick ? quickModes : lockModeNames),
  };
}

function scenarioList(value: string): Scenario[] {
  if (value.trim() === 'all') return [...scenarios];
  const wanted = value.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length === 0) return scenarios.filter(({ name }) => wanted.includes(name));
  throw new InvalidArgumentError(`There is no scenario "${unknown.join('", "')}": there are ${names.join(', ')}.`);
}
