import { formatCounts } from '../jobs/counts.ts';
import { type PartReport, runParts } from '../jobs/parts.ts';
import { asPrinted, readmeOption, writeFigures } from '../report/figures.ts';
import { paint } from '../report/terminal/paint.ts';
import { type Result, renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { jsonOption, writeJson } from './cli/json.ts';
import { commandLine, whole } from './cli/options.ts';

interface JobsTestOptions {
  readonly ticks: number;
  readonly seed: number;
  readonly json?: string;
  readonly readme: boolean;
}

function readOptions(argv: readonly string[]): JobsTestOptions {
  return commandLine('npm run jobs-test --')
    .description('Runs a job each second on three instances while they and Redis fail, and counts who ran which tick.')
    .option('--ticks <n>', 'ticks in all', whole(45, 9000), 200)
    .option('--seed <n>', 'seed of the durations of the runs and the times of the faults', whole(0, 2_147_483_647), 1)
    .addOption(jsonOption())
    .addOption(readmeOption('jobs-test'))
    .parse([...argv], { from: 'user' })
    .opts<JobsTestOptions>();
}

const format = (counts: Readonly<Record<string, number>>) => formatCounts(counts, (name, count) => `${count} ${name}`);

function sentencesFor({ name, verdict }: PartReport): string {
  const { ticks, begunTwice, missed, neverBegun, atOnce, successesOfFrozen, outcomes, ranBy, faults } = verdict;
  return `${name}: ${verdict.held ? 'held' : 'violated'}
  faults in the middle of a run: ${format(faults)}
  ${ticks} ticks: ${begunTwice.length} begun twice, ${missed.length} missed; ${atOnce} ran beside another whose lease was valid
  on record: ${format(outcomes)}; ${neverBegun.length} killed before they began; ${successesOfFrozen} reported as a success by a frozen instance
  run by ${format(ranBy)}`;
}

/** What the last line says. */
function resultOf(parts: readonly PartReport[]): Result {
  const violated = parts.filter(({ verdict }) => !verdict.held);
  const sum = (of: (part: PartReport) => number) => parts.reduce((total, part) => total + of(part), 0);
  const ticks = sum(({ verdict }) => verdict.ticks);
  const [twice, missed] = [
    sum(({ verdict }) => verdict.begunTwice.length),
    sum(({ verdict }) => verdict.missed.length),
  ];
  const counts = `${ticks} ticks, ${twice} begun twice, ${missed} missed`;
  const where = violated.map(({ name }) => `; violated with ${name}`).join('');
  return { asExpected: violated.length === 0, what: counts + where };
}

const print = (text: string) => console.log(wrap(text));

/** `npm run jobs-test`. Exits with 0 when every tick was run as it should be, and with 1 otherwise. */
async function main(): Promise<number> {
  const { ticks, seed, json, readme } = readOptions(process.argv.slice(2));
  const { parts, versions } = await runParts({ ticks, seed, say: print });
  const figures = parts.map(sentencesFor).join('\n\n');
  print(`\n${figures}\n`);
  const held = parts.every(({ verdict }) => verdict.held);
  await writeJson(json, { held, seed, parts });
  if (readme) await writeFigures('jobs-test', versions, asPrinted(figures));
  console.log(renderResult(resultOf(parts), paint, terminalWidth()));
  return held ? 0 : 1;
}

process.exitCode = await exitCodeOf(main);
