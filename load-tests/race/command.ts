import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { askMode } from '../client/lab-client.ts';
import { writeJson } from '../commands/cli/json.ts';
import { describeInconsistency, sentenceFor } from '../report/describe-run.ts';
import { asPrinted, markdownTable, writeFigures } from '../report/figures.ts';
import { counted } from '../report/findings.ts';
import { renderPage } from '../report/html/page.tsx';
import type { RaceReport, RunReport } from '../report/run-report.ts';
import { columns, renderTable } from '../report/table.ts';
import { paint } from '../report/terminal/paint.ts';
import { type Print, showPhases, showProgress } from '../report/terminal/progress.ts';
import { countsByMode, type Result, renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { describeViolation } from '../report/violation.ts';
import { startStack } from '../stack/index.ts';
import { type RaceTestOptions, readOptions } from './options.ts';
import { type RaceResult, race } from './race.ts';

interface RaceResults {
  readonly runs: readonly RaceResult[];
  /** `unknown` for a stack that this process did not start. */
  readonly versions: { readonly mysql: string; readonly redis: string; readonly nginx: string };
}

/** Runs the race in each of the options' modes, and prints its progress. */
export type RaceAll = (options: RaceTestOptions, print: Print) => Promise<RaceResults>;

/** Runs the race in one mode, with a progress bar. */
async function raceMode(
  { url, started }: { readonly url: string; readonly started?: readonly string[] },
  mode: string,
  options: RaceTestOptions,
  print: Print,
): Promise<RaceResult> {
  const { duration: seconds } = options;
  const progress = showProgress(mode, seconds, print);
  try {
    return await race({ ...options, url, mode, seconds, ...(started && { started }), onProgress: progress.update });
  } finally {
    progress.stop();
  }
}

async function racePrivateStack(options: RaceTestOptions, print: Print): Promise<RaceResults> {
  const [first = 'none'] = options.modes;
  const { instances, lockKey } = options;
  const env = { LOCK_MODE: first, LOCK_KEY: lockKey };
  await using stack = await showPhases(print, (onProgress) => startStack({ instances, env, onProgress }));
  const runs: RaceResult[] = [];
  for (const mode of options.modes) {
    if (runs.length > 0) {
      await showPhases(print, (begin) => {
        begin(`starting the instances in mode ${mode}`);
        return stack.restartInstances({ env: { LOCK_MODE: mode } });
      });
    }
    const started = stack.instances.map(({ name }) => name);
    runs.push(await raceMode({ url: stack.url, started }, mode, options, print));
  }
  return { runs, versions: stack.versions };
}

async function raceRunningStack(url: string, options: RaceTestOptions, print: Print): Promise<RaceResults> {
  const run = await raceMode({ url }, await askMode(url), options, print);
  return { runs: [run], versions: { mysql: 'unknown', redis: 'unknown', nginx: 'unknown' } };
}

function printResults({ runs }: RaceResults, print: Print): void {
  const reports = runs.map(({ report }) => report);
  print(`\n${renderTable(reports, paint, terminalWidth())}\n`);
  for (const { report, inconsistent, unexplained } of runs) {
    print(`${wrap(sentenceFor(report))}\n`);
    const [example] = inconsistent;
    if (example) printIndented(describeInconsistency(example, report.mode), print);
    if (unexplained) printIndented(describeViolation(`User ${unexplained.userId}`, unexplained.violation), print);
  }
}

const describeLost = (count: number) => `lost ${counted(count, 'update', 'updates')}`;

/** What the last line says. */
function resultOf(runs: readonly RunReport[]): Result {
  const unexpected = runs.filter(({ verdict, expected }) => verdict !== expected);
  const wrong = unexpected.map(({ mode, verdict, expected }) => `${mode} ${verdict}, expected ${expected}`);
  const lost = runs.map(({ mode, witnesses }) => [mode, witnesses.staleWrites] as const);
  const asExpected = unexpected.length === 0;
  return { asExpected, what: asExpected ? countsByMode(lost, describeLost) : wrong.join('; ') };
}

/** The table, and one inconsistent user. */
function describeInMarkdown({ runs }: RaceResults): string {
  const reports = runs.map(({ report }) => report);
  const head = [...columns.map(({ name }) => name), 'verdict'];
  const rows = reports.map((report) => [...columns.map(({ cell }) => String(cell(report))), report.verdict]);
  const example = runs.find(({ inconsistent }) => inconsistent.length > 0);
  const printed = example?.inconsistent
    .slice(0, 1)
    .map((user) => asPrinted(describeInconsistency(user, example.report.mode).join('\n')));
  return [markdownTable(head, rows), ...(printed ?? [])].join('\n\n');
}

function printIndented(lines: readonly string[], print: Print): void {
  print(`${wrap(lines.map((line) => `  ${line}`).join('\n'))}\n`);
}

const raceChosenStack: RaceAll = (options, print) =>
  options.url ? raceRunningStack(options.url, options, print) : racePrivateStack(options, print);

/**
 * `npm run race-test`: runs the race in each mode, then writes the table, the page and the JSON.
 *
 * @param raceAll replaces the private stack or the one at `--url`.
 * @returns 0 if every mode had the expected verdict, otherwise 1.
 */
export async function raceCommand(
  argv: readonly string[],
  print: Print = console.log,
  raceAll: RaceAll = raceChosenStack,
): Promise<number> {
  const options = readOptions(argv);
  await mkdir(options.report, { recursive: true }); // fails before the load, not after it
  const page = join(options.report, 'race-test.html');
  const results = await raceAll(options, print);
  printResults(results, print);

  const runs = results.runs.map(({ report }) => report);
  const result = resultOf(runs);
  const report: RaceReport = {
    demonstrated: result.asExpected,
    seed: options.seed,
    amounts: options.amounts,
    lockKey: options.lockKey,
    environment: { node: process.version, ...results.versions, cpus: cpus().length },
    runs,
  };
  await writeJson(options.json, report);
  const { users, connections, duration: seconds } = options;
  const load = { users, connections, seconds };
  await writeFile(page, renderPage({ report, results: results.runs, load, writtenAt: new Date() }));
  if (options.readme) await writeFigures('race-test', results.versions, describeInMarkdown(results));
  print(wrap(`Report with charts and diagrams: ${page}`));
  print(renderResult(result, paint, terminalWidth()));
  return report.demonstrated ? 0 : 1;
}
