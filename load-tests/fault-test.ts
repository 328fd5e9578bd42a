import { writeFile } from 'node:fs/promises';
import type { Cell } from './faults/cell.ts';
import { startLab } from './faults/lab.ts';
import { type FaultReport, renderMatrix, sentenceFor, tellMeasured, tellSurprise } from './faults/matrix.ts';
import { type FaultTestOptions, readOptions } from './faults/options.ts';
import { planCells } from './faults/plan.ts';
import { renderFaultPage } from './report/html/faults/page.ts';
import { prepareReport, writeReport } from './report/html/write.ts';
import { paintVerdict } from './report/paint.ts';
import { showCells } from './report/progress.ts';

/** Plays what is planned, on a stack of its own. @returns the cells in the order of the scenarios. */
async function playAll(options: FaultTestOptions): Promise<Cell[]> {
  const cells: Cell[] = [];
  const planned = planCells(options);
  await using lab = await startLab((message) => console.log(message));
  const progress = showCells(planned.length);
  try {
    for (const { scenario, mode, play } of planned) {
      progress.begin(`${scenario.name}, ${mode}`);
      const cell = await lab.play(scenario, mode, { ...options, play });
      progress.done(sentenceFor(cell));
      cells.push(cell);
    }
  } finally {
    progress.stop();
  }
  const names = options.scenarios.map(({ name }) => name);
  return cells.sort((a, b) => names.indexOf(a.scenario) - names.indexOf(b.scenario));
}

/**
 * `npm run fault-test`: each fault, in each mode that it can touch. Exits with 0 when every cell came out as expected, and
 * with 1 otherwise.
 */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const page = await prepareReport(options.report, 'fault-test.html'); // before the faults: afterwards it would be in vain
  const cells = await playAll(options);
  console.log(`\n${renderMatrix(cells, options.modes, paintVerdict)}\n`);
  for (const line of tellMeasured(cells)) console.log(line);
  const unexpected = cells.filter(({ asExpected }) => !asExpected);
  for (const cell of unexpected) console.log(tellSurprise(cell));
  const report: FaultReport = { asExpected: unexpected.length === 0, seed: options.seed, cells };
  if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  const { scenarios, modes } = options;
  await writeReport(page, renderFaultPage({ report, scenarios, modes, writtenAt: new Date() }));
  console.log(`The same with the story of each cell: ${page}`);
  return report.asExpected ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
