import { writeFile } from 'node:fs/promises';
import type { Cell } from './faults/cell.ts';
import { startLab } from './faults/lab.ts';
import { type FaultReport, renderMatrix, sentenceFor } from './faults/matrix.ts';
import { readOptions } from './faults/options.ts';
import { paintVerdict } from './report/paint.ts';

/**
 * `npm run fault-test`: each fault, in each mode that it can touch. Exits with 0 when every cell came out as expected, and
 * with 1 otherwise. Mode by mode, as the instances are started anew for each.
 */
async function main(): Promise<number> {
  const { scenarios, modes, json, seed } = readOptions(process.argv.slice(2));
  const cells: Cell[] = [];
  {
    await using lab = await startLab((message) => console.log(message));
    for (const mode of modes) {
      // Those that need instances of their own come last: the others share theirs.
      const inOrder = [...scenarios].sort((a, b) => Number(a.fleet !== undefined) - Number(b.fleet !== undefined));
      for (const scenario of inOrder) {
        if (!scenario.expected[mode]) continue;
        const cell = await lab.play(scenario, mode, seed);
        console.log(sentenceFor(cell));
        cells.push(cell);
      }
    }
  }
  const names = scenarios.map(({ name }) => name);
  cells.sort((a, b) => names.indexOf(a.scenario) - names.indexOf(b.scenario));
  console.log(`\n${renderMatrix(cells, modes, paintVerdict)}\n`);
  const unexpected = cells.filter(({ verdict, expected }) => verdict !== expected);
  for (const { scenario, mode, verdict, expected, why } of unexpected) {
    console.log(`${scenario}, ${mode}: ${verdict}, where ${expected} was expected: ${why}.`);
  }
  const report: FaultReport = { asExpected: unexpected.length === 0, seed, cells };
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  return report.asExpected ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
