import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson } from '../commands/cli/json.ts';
import { writeFigures } from '../report/figures.ts';
import { renderFaultPage } from '../report/html/faults/page.tsx';
import { paint } from '../report/terminal/paint.ts';
import { type Print, showCells, showPhases } from '../report/terminal/progress.ts';
import { renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import type { Stack } from '../stack/index.ts';
import { startLab } from './lab.ts';
import {
  describeInMarkdown,
  describeMeasurements,
  describeUnexpected,
  type FaultReport,
  renderMatrix,
  resultOf,
  sentenceFor,
} from './matrix.ts';
import type { MatrixCell } from './matrix-cell.ts';
import { type FaultTestOptions, readOptions } from './options.ts';
import { type PlannedCell, planCells } from './plan.ts';

interface FaultResults {
  /** In the order of the scenarios. */
  readonly cells: readonly MatrixCell[];
  readonly versions: Stack['versions'];
}

/** Runs all planned cells on a private stack. */
async function runAll(planned: readonly PlannedCell[], options: FaultTestOptions, print: Print): Promise<FaultResults> {
  const cells: MatrixCell[] = [];
  await using lab = await showPhases(print, startLab);
  const progress = showCells(planned.length, print);
  try {
    for (const { scenario, mode, play } of planned) {
      progress.begin(`${scenario.name}, ${mode}`);
      const cell = await lab.run(scenario, mode, { ...options, play });
      progress.done(sentenceFor(cell, paint));
      cells.push(cell);
    }
  } finally {
    progress.stop();
  }
  const names = options.scenarios.map(({ name }) => name);
  cells.sort((a, b) => names.indexOf(a.scenario) - names.indexOf(b.scenario));
  return { cells, versions: lab.stack.versions };
}

/**
 * `npm run fault-test`: injects each fault in each mode that it can affect.
 *
 * @returns 0 if every cell was as expected, otherwise 1.
 */
export async function faultCommand(argv: readonly string[], print: Print = console.log): Promise<number> {
  const options = readOptions(argv);
  const planned = planCells(options);
  if (planned.length === 0) throw new Error('None of these scenarios applies to any of these modes.');
  await mkdir(options.report, { recursive: true }); // fails before the faults, not after them
  const page = join(options.report, 'fault-test.html');
  const { cells, versions } = await runAll(planned, options, print);
  print(`\n${renderMatrix(cells, options.modes, paint, terminalWidth())}\n`);
  for (const line of describeMeasurements(cells)) print(wrap(line));
  const unexpected = cells.filter(({ asExpected }) => !asExpected);
  for (const cell of unexpected) print(wrap(describeUnexpected(cell)));
  const report: FaultReport = { asExpected: unexpected.length === 0, seed: options.seed, cells };
  await writeJson(options.json, report);
  const { scenarios, modes } = options;
  await writeFile(page, renderFaultPage({ report, scenarios, modes, writtenAt: new Date() }));
  if (options.readme) await writeFigures('fault-test', versions, describeInMarkdown(cells, modes));
  print(wrap(`Report with the timeline of each cell: ${page}`));
  print(renderResult(resultOf(cells), paint, terminalWidth()));
  return report.asExpected ? 0 : 1;
}
