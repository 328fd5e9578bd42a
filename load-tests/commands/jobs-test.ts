import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { formatCounts } from '../jobs/counts.ts';
import { type PartReport, runParts } from '../jobs/parts.ts';
import { asPrinted, readmeOption, writeFigures } from '../report/figures.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { whole } from './cli/options.ts';

interface JobsTestOptions {
  readonly ticks: number;
  readonly seed: number;
  readonly json?: string;
  readonly readme: boolean;
}

function readOptions(argv: readonly string[]): JobsTestOptions {
  return new Command('npm run jobs-test --')
    .description('Runs a job each second on three instances while they and Redis fail, and counts who ran which tick.')
    .option('--ticks <n>', 'ticks in all', whole(45, 9000), 200)
    .option('--seed <n>', 'seed of the work and of the moments of the faults', whole(0, 2_147_483_647), 1)
    .option('--json <file>', 'write the result there as JSON')
    .addOption(readmeOption('jobs-test'))
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the options)')
    .parse([...argv], { from: 'user' })
    .opts<JobsTestOptions>();
}

const format = (counts: Readonly<Record<string, number>>) => formatCounts(counts, (name, count) => `${count} ${name}`);

function sentencesFor({ name, verdict }: PartReport): string {
  const { ticks, begunTwice, missed, neverBegun, atOnce, successesOfFrozen, outcomes, ranBy, faults } = verdict;
  return `${name}: ${verdict.held ? 'held' : 'violated'}
  faults in the middle of a run: ${format(faults)}
  ${ticks} ticks: ${begunTwice.length} begun twice, ${missed.length} missed; ${atOnce} at work beside another under a good lease
  on record: ${format(outcomes)}; ${neverBegun.length} killed before they began; ${successesOfFrozen} a success of a frozen instance
  run by ${format(ranBy)}`;
}

/** `npm run jobs-test`. Exits with 0 when every tick was run as it should be, and with 1 otherwise. */
async function main(): Promise<number> {
  const { ticks, seed, json, readme } = readOptions(process.argv.slice(2));
  const { parts, versions } = await runParts({ ticks, seed, say: (line) => console.log(line) });
  const figures = parts.map(sentencesFor).join('\n\n');
  console.log(`\n${figures}`);
  const held = parts.every(({ verdict }) => verdict.held);
  if (json) await writeFile(json, `${JSON.stringify({ held, seed, parts }, null, 2)}\n`);
  if (readme) await writeFigures('jobs-test', versions, asPrinted(figures));
  return held ? 0 : 1;
}

process.exitCode = await exitCodeOf(main);
