import type { Mutant } from '../../app/redis-lock/simulation/mutants/mutant.ts';
import { mutants } from '../../app/redis-lock/simulation/mutants/mutants.ts';
import { seedsOf } from '../../app/redis-lock/simulation/schedule.ts';
import { paint } from '../report/terminal/paint.ts';
import { renderResult } from '../report/terminal/result.ts';
import { renderTexts } from '../report/terminal/text-table.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { openCopies } from '../simulation/mutants/copy.ts';
import { tryMutant, type Verdict } from '../simulation/mutants/try-mutant.ts';
import { failingTest } from '../simulation/mutants/virtual-tests.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { jsonOption, writeJson } from './cli/json.ts';
import { commandLine, whole } from './cli/options.ts';

interface MutantsOptions {
  readonly only?: string;
  readonly schedules: number;
  readonly seed: number;
  readonly json?: string;
}

interface TriedMutant extends Verdict {
  readonly mutant: string;
  readonly file: string;
  /** The failing test in virtual time, if no schedule broke a promise. */
  readonly failingTest?: string;
  readonly equivalent?: string;
}

function readOptions(argv: readonly string[]): MutantsOptions {
  return commandLine('npm run simulate:mutants --')
    .description('Puts one mistake after another into the Redis lock: the simulation has to notice each of them.')
    .option('--only <name>', 'the mutants with this in their name or file')
    .option('--schedules <n>', 'number of schedules that a mutant has to survive', whole(1, 10_000_000), 6000)
    .option('--seed <n>', 'the same seed gives the same schedules', whole(0, 2 ** 31 - 1), 1)
    .addOption(jsonOption())
    .parse([...argv], { from: 'user' })
    .opts<MutantsOptions>();
}

/** Number of mutants tested at a time. */
const atATime = 2;
/** Time limit per mutant. */
const mostMs = 15 * 60_000;

async function tryAll(chosen: readonly Mutant[], seeds: readonly number[]): Promise<TriedMutant[]> {
  await using copies = await openCopies();
  const tried = new Map<Mutant, TriedMutant>();
  const left = [...chosen];
  const run = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) {
      const { name, file, equivalent } = mutant;
      const directory = await copies.mutated(mutant);
      const verdict = await tryMutant(directory, seeds, mostMs);
      const test = verdict.noticed ? undefined : await failingTest(directory);
      const result: TriedMutant = {
        ...{ mutant: name, file, ...verdict },
        ...(equivalent === undefined ? {} : { equivalent }),
        ...(test === undefined ? {} : { failingTest: test }),
      };
      tried.set(mutant, result);
      console.log(wrap(`${tried.size}/${chosen.length} ${file}: ${name}: ${describe(result)}`));
    }
  };
  await Promise.all(Array.from({ length: atATime }, run));
  return chosen.flatMap((mutant) => tried.get(mutant) ?? []);
}

function describe({ noticed, schedules, failingTest: test, equivalent }: TriedMutant): string {
  if (noticed) return `${noticed}, after ${schedules} schedules`;
  const survived = `survived ${schedules} schedules`;
  if (test !== undefined) return `${survived}, and fails the test "${test}"`;
  return equivalent === undefined ? survived : `${survived}: ${equivalent}`;
}

function print(results: readonly TriedMutant[]): void {
  const rows = results.map((result) => [result.file, result.mutant, describe(result)]);
  console.log(renderTexts(['file', 'mutant', 'result'], rows, terminalWidth()));
  const bySchedules = results.filter(({ noticed }) => noticed).length;
  const byTests = results.filter(({ failingTest: test }) => test !== undefined).length;
  const survivors = results.filter(isSurvivor).length;
  const equivalent = results.length - bySchedules - byTests - survivors;
  const what = `${bySchedules} of ${results.length} mutants noticed by schedules, ${byTests} by tests, ${equivalent} equivalent, ${survivors} survived`;
  console.log(renderResult({ asExpected: survivors === 0, what }, paint, terminalWidth()));
}

const isSurvivor = ({ noticed, equivalent, failingTest: test }: TriedMutant): boolean =>
  !noticed && equivalent === undefined && test === undefined;

/** `npm run simulate:mutants`: exits with 1 if a mistake that breaks a promise is not detected. */
async function main(): Promise<number> {
  const { only = '', schedules, seed, json } = readOptions(process.argv.slice(2));
  const chosen = mutants.filter(({ name, file }) => `${file}: ${name}`.includes(only));
  if (chosen.length === 0) throw new Error(`no mutant has "${only}" in its name`);
  const results = await tryAll(chosen, seedsOf(seed, schedules));
  print(results);
  await writeJson(json, results);
  return results.some(isSurvivor) ? 1 : 0;
}

process.exitCode = await exitCodeOf(main);
