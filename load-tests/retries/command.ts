import { writeFile } from 'node:fs/promises';
import { writeFigures } from '../report/figures.ts';
import { describeFindings } from '../report/findings.ts';
import { type Stack, startStack } from '../stack/index.ts';
import { instanceEnv, type RetryCell, runCell } from './cell.ts';
import { readOptions } from './options.ts';
import { type RetryReport, renderMarkdown, renderTable } from './report.ts';

/**
 * `npm run retry-test`: runs retrying clients in each mode, without and with keys, on a private stack.
 *
 * @returns 0 if every verdict is the expected one, otherwise 1.
 */
export async function retryCommand(
  argv: readonly string[],
  print: (line: string) => void = console.log,
): Promise<number> {
  const { modes, keys, intents, kills, leaseMs, seed, json, readme } = readOptions(argv);
  const cells: RetryCell[] = [];
  let versions: Stack['versions'];
  {
    await using stack = await startStack({ env: instanceEnv(leaseMs), withoutInstances: true, onProgress: print });
    versions = stack.versions;
    for (const mode of modes) {
      await stack.restartInstances({ env: { LOCK_MODE: mode } }); // of the reconcile job, too
      for (const which of keys === 'both' ? (['off', 'on'] as const) : [keys]) {
        const cell = await runCell(stack, { mode, keys: which, seed, intents, kills });
        const found = describeFindings(cell).join(', ') || 'nothing is wrong';
        print(
          `${mode}, keys ${which}: ${cell.verdict}; ${cell.intents} intents, ${cell.retries} retries, ${cell.kills} kills, ${cell.repaired} users reconciled; ${found}`,
        );
        cells.push(cell);
      }
    }
  }
  print(`\n${renderTable(cells)}\n`);
  print('A lock does not recognise a retry, and a key does not exclude other requests: only both together hold.');
  const asExpected = cells.every(({ verdict, expected }) => verdict === expected);
  const report: RetryReport = { seed, asExpected, cells };
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  if (readme) await writeFigures('retry-test', versions, renderMarkdown(cells));
  return asExpected ? 0 : 1;
}
