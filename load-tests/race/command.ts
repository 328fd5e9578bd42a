import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { askMode } from '../client/lab-client.ts';
import { renderPage } from '../report/html/page.ts';
import { prepareReport, writeReport } from '../report/html/write.ts';
import { paintVerdict } from '../report/paint.ts';
import { showProgress } from '../report/progress.ts';
import type { RaceReport } from '../report/run-report.ts';
import { sentenceFor, tellStory } from '../report/story.ts';
import { renderTable } from '../report/table.ts';
import { tellViolation } from '../report/violation.ts';
import { startStack } from '../stack/index.ts';
import { type RaceTestOptions, readOptions } from './options.ts';
import { type Raced, race } from './race.ts';

/** Every mode's race, and where it was run. */
interface AllRaced {
  readonly runs: readonly Raced[];
  /** The servers' versions, where they are known. */
  readonly versions: { readonly mysql: string; readonly redis: string; readonly nginx: string };
}

type Say = (line: string) => void;

/** Runs every mode that the options name, and says how far it has come. */
export type RaceAll = (options: RaceTestOptions, say: Say) => Promise<AllRaced>;

/** Runs one mode's race under a progress bar. */
async function raceMode(url: string, mode: string, options: RaceTestOptions, say: Say): Promise<Raced> {
  const { duration: seconds } = options;
  const progress = showProgress(mode, seconds, say);
  try {
    return await race({ ...options, url, mode, seconds, onProgress: progress.update });
  } finally {
    progress.stop();
  }
}

async function racePrivateStack(options: RaceTestOptions, say: Say): Promise<AllRaced> {
  const [first = 'none'] = options.modes;
  await using stack = await startStack({
    instances: options.instances,
    env: { LOCK_MODE: first, LOCK_KEY: options.lockKey },
    onProgress: say,
  });
  const runs: Raced[] = [];
  for (const mode of options.modes) {
    if (runs.length > 0) await stack.restartInstances({ env: { LOCK_MODE: mode } });
    runs.push(await raceMode(stack.url, mode, options, say));
  }
  return { runs, versions: stack.versions };
}

async function raceRunningStack(url: string, options: RaceTestOptions, say: Say): Promise<AllRaced> {
  const run = await raceMode(url, await askMode(url), options, say);
  return { runs: [run], versions: { mysql: 'unknown', redis: 'unknown', nginx: 'unknown' } };
}

function print({ runs }: AllRaced, say: Say): void {
  say(
    `\n${renderTable(
      runs.map(({ report }) => report),
      paintVerdict,
    )}\n`,
  );
  for (const { report, wronged, unexplained } of runs) {
    say(sentenceFor(report));
    const [example] = wronged;
    if (example) printStory(tellStory(example), say);
    if (unexplained) printStory(tellViolation(`User ${unexplained.userId}`, unexplained.violation), say);
  }
}

function printStory(lines: readonly string[], say: Say): void {
  say(`${lines.map((line) => `    ${line}`).join('\n')}\n`);
}

const raceAsTold: RaceAll = (options, say) =>
  options.url ? raceRunningStack(options.url, options, say) : racePrivateStack(options, say);

/**
 * `npm run race-test`: the race, mode by mode, then the table, the page and the JSON.
 *
 * @param raceAll takes the place of a private stack or of the one at `--url`.
 * @returns 0 when every mode came out as expected, and 1 otherwise.
 */
export async function raceCommand(
  argv: readonly string[],
  say: Say = console.log,
  raceAll: RaceAll = raceAsTold,
): Promise<number> {
  const options = readOptions(argv);
  const page = await prepareReport(options.report, 'race-test.html'); // before the load: afterwards it would have been in vain
  const raced = await raceAll(options, say);
  print(raced, say);

  const runs = raced.runs.map(({ report }) => report);
  const unexpected = runs.filter(({ verdict, expected }) => verdict !== expected);
  for (const { mode, verdict, expected } of unexpected) {
    say(`${mode} came out ${verdict}, where ${expected} was expected.`);
  }
  const report: RaceReport = {
    demonstrated: unexpected.length === 0,
    seed: options.seed,
    amounts: options.amounts,
    lockKey: options.lockKey,
    environment: { node: process.version, ...raced.versions, cpus: cpus().length },
    runs,
  };
  if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  const { users, connections, duration: seconds } = options;
  const load = { users, connections, seconds };
  await writeReport(page, renderPage({ report, raced: raced.runs, load, writtenAt: new Date() }));
  say(`The same with charts and diagrams: ${page}`);
  return report.demonstrated ? 0 : 1;
}
