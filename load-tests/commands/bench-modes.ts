import { cpus } from 'node:os';
import { rotate } from '../bench/locks/worker/alternate.ts';
import { type Case, instanceEnv, prepareCases } from '../bench/modes/cases.ts';
import { costsOf, type Figures, type Round } from '../bench/modes/costs.ts';
import { readOptions } from '../bench/modes/options.ts';
import { type CaseReport, type ModesBenchReport, renderCosts } from '../bench/modes/report.ts';
import { asPrinted, writeFigures } from '../report/figures.ts';
import { showPhases } from '../report/terminal/progress.ts';
import { startStack } from '../stack/index.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { writeJson } from './cli/json.ts';

/** Enough for V8 to compile the hot code, most of which the modes share. */
const warmUpSeconds = 2;

/** `npm run bench:modes`: the cost of each mode relative to `none`, all measured in turn on the same warm instances. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { modes, connections, seconds, rounds, json, readme } = options;
  await using stack = await showPhases(console.log, (onProgress) => startStack({ env: instanceEnv, onProgress }));
  const cases = await prepareCases(stack, options, modes.length * (rounds + 1));

  console.log(`every mode in both cases: ${warmUpSeconds} s to warm up`);
  for (const each of cases) await playRound(each, modes, warmUpSeconds, 0);
  const played = new Map(cases.map(({ name }) => [name, [] as Round[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const each of cases) {
      const figures = await playRound(each, rotate(modes, round), seconds, round);
      played.get(each.name)?.push(figures);
      console.log(`round ${round}, ${each.name}: ${headline(modes, figures)} requests/s`);
    }
  }

  const reports: CaseReport[] = cases.map(({ name, title }) => {
    const own = played.get(name) ?? [];
    return { name, title, costs: costsOf(modes, own), rounds: own };
  });
  const method = `${rounds} rounds of ${seconds} s for each mode; medians of the rounds`;
  const figures = [method, ...reports.map(renderCosts)].join('\n\n');
  console.log(`\n${figures}`);
  const environment = { node: process.version, ...stack.versions, cpus: cpus().length };
  const report: ModesBenchReport = { environment, connections, seconds, rounds, cases: reports };
  await writeJson(json, report);
  if (readme) await writeFigures('bench:modes', stack.versions, asPrinted(figures));
  return 0;
}

async function playRound(
  { name, measure }: Case,
  modes: readonly string[],
  seconds: number,
  seed: number,
): Promise<Round> {
  const round: Record<string, Figures> = {};
  for (const mode of modes) {
    round[mode] = await measure(mode, seconds, seed).catch((cause: Error) => {
      throw new Error(`${mode}, ${name}: ${cause.message}`, { cause });
    });
  }
  return round;
}

const headline = (modes: readonly string[], round: Round) =>
  modes.map((mode) => `${mode} ${round[mode]?.perSecond.toFixed(0)}`).join(', ');

process.exitCode = await exitCodeOf(main);
