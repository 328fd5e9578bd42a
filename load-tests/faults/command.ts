import { writeFile } from 'node:fs/promises';
import { renderFaultPage } from '../report/html/faults/page.ts';
import { prepareReport, writeReport } from '../report/html/write.ts';
import { paintVerdict } from '../report/paint.ts';
import { showCells } from '../report/progress.ts';
import type { Cell } from './cell.ts';
import { startLab } from './lab.ts';
import { type FaultReport, renderMatrix, sentenceFor, tellMeasured, tellSurprise } from './matrix.ts';
import { type FaultTestOptions, readOptions } from './options.ts';
import { planCells } from './plan.ts';

type Say = (line: string) => void;

/** Plays what is planned, on a stack of its own. @returns the cells in the order of the scenarios. */
async function playAll(options: FaultTestOptions, say: Say): Promise<Cell[]> {
  const cells: Cell[] = [];
  const planned = planCells(options);
  await using lab = await startLab(say);
  const progress = showCells(planned.length, say);
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
 * `npm run fault-test`: each fault, in each mode that it can touch.
 *
 * @returns 0 when every cell came out as expected, and 1 otherwise.
 */
export async function faultCommand(argv: readonly string[], say: Say = console.log): Promise<number> {
  const options = readOptions(argv);
  const page = await prepareReport(options.report, 'fault-test.html'); // before the faults: afterwards it would be in vain
  const cells = await playAll(options, say);
  say(`\n${renderMatrix(cells, options.modes, paintVerdict)}\n`);
  for (const line of tellMeasured(cells)) say(line);
  const unexpected = cells.filter(({ asExpected }) => !asExpected);
  for (const cell of unexpected) say(tellSurprise(cell));
  const report: FaultReport = { asExpected: unexpected.length === 0, seed: options.seed, cells };
  if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  const { scenarios, modes } = options;
  await writeReport(page, renderFaultPage({ report, scenarios, modes, writtenAt: new Date() }));
  say(`The same with the story of each cell: ${page}`);
  return report.asExpected ? 0 : 1;
}
