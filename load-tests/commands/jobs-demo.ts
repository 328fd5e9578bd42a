import { formatCounts } from '../jobs/counts.ts';
import { type DemoReport, runDemo } from '../jobs/demo.ts';
import { paint } from '../report/terminal/paint.ts';
import { renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { jsonOption, writeJson } from './cli/json.ts';
import { commandLine, whole } from './cli/options.ts';

interface DemoOptions {
  readonly ticks: number;
  readonly json?: string;
}

function readOptions(argv: readonly string[]): DemoOptions {
  return commandLine('npm run jobs-demo --')
    .description('Runs a job each second on three instances, then kills the one that is running it.')
    .option('--ticks <n>', 'ticks before the kill', whole(1, 900), 10)
    .addOption(jsonOption())
    .parse([...argv], { from: 'user' })
    .opts<DemoOptions>();
}

const list = (counts: DemoReport['ranBy']) => formatCounts(counts, (instance, count) => `${instance} ${count}`);

const print = (text: string) => console.log(wrap(text));

/** `npm run jobs-demo`. Exits with 0 if everything was as promised, otherwise with 1. */
async function main(): Promise<number> {
  const { ticks, json } = readOptions(process.argv.slice(2));
  const report = await runDemo(ticks, print);
  const { missed, twice, ranBy, skippedBy, killed, takenOverBy, takenOverAfterMs } = report;
  print(`
Run by ${list(ranBy)}; skipped by ${list(skippedBy)}.
The run of ${killed.instance} is on record as ${killed.outcome}: ${killed.detail}.
`);
  const takeover = `${takenOverBy} took over after ${takenOverAfterMs} ms`;
  const what = `${report.ticks} ticks, ${twice} run twice, ${missed} missed; ${takeover}`;
  console.log(renderResult({ asExpected: report.asPromised, what }, paint, terminalWidth()));
  await writeJson(json, report);
  return report.asPromised ? 0 : 1;
}

process.exitCode = await exitCodeOf(main);
