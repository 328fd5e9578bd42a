import { type LockModeName, lockModeNames } from '../../app/lock-modes/registry.ts';
import { jsonOption } from '../commands/cli/json.ts';
import { commandLine, modesOption, namesOf, reportOption, whole } from '../commands/cli/options.ts';
import { readmeOption } from '../report/figures.ts';
import { type PlanOptions, quickModes } from './plan.ts';
import { scenarios } from './scenarios/index.ts';
import type { Scenario } from './scenarios/scenario.ts';

export interface FaultTestOptions extends PlanOptions {
  readonly json?: string;
  /** Directory of the HTML report. */
  readonly report: string;
  readonly seed: number;
  readonly soakSeconds: number;
  readonly readme: boolean;
}

interface ParsedOptions extends Omit<FaultTestOptions, 'scenarios' | 'modes'> {
  readonly scenarios?: readonly Scenario[];
  readonly modes?: readonly LockModeName[];
}

const names = scenarios.map(({ name }) => name);

/**
 * Enough for a dozen pauses per mode, each of which may lose updates, and so for a verdict; all modes take three and a
 * half minutes. Use a minute, as Jepsen did, for figures.
 */
const soakSeconds = 15;

/** Parses the command line. An invalid option is named and the process exits with 1; `--help` exits with 0. */
export function readOptions(argv: readonly string[]): FaultTestOptions {
  const parsed = commandLine('npm run fault-test --')
    .description('Injects real faults in every lock mode, and prints a matrix of the verdicts.')
    .option('--scenarios <list>', `scenarios to run, of ${names.join(', ')}, or all (default: all)`, scenarioList)
    .addOption(modesOption())
    .option(
      '--quick',
      `run each scenario once for each expected outcome, in the first mode that has it, of ${quickModes.join(', ')} or --modes`,
      false,
    )
    .option('--repeat <n>', 'repetitions of each cell', whole(1, 1000), 1)
    .option('--soak-seconds <n>', 'length of the soak in each mode', whole(3, 600), soakSeconds)
    .addOption(jsonOption(', with every timeline'))
    .addOption(reportOption('fault-test.html'))
    .addOption(readmeOption('fault-test'))
    .option('--seed <n>', 'seed of the loads and of the pauses', whole(0, 2_147_483_647), 1)
    .parse([...argv], { from: 'user' })
    .opts<ParsedOptions>();
  return {
    ...parsed,
    scenarios: parsed.scenarios ?? scenarios,
    modes: parsed.modes ?? (parsed.quick ? quickModes : lockModeNames),
  };
}

function scenarioList(value: string): Scenario[] {
  const wanted = value.trim() === 'all' ? names : namesOf('scenario', names)(value);
  return scenarios.filter(({ name }) => wanted.includes(name));
}
