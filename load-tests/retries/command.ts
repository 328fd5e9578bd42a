import { writeJson } from '../commands/cli/json.ts';
import { writeFigures } from '../report/figures.ts';
import { describeFindings } from '../report/findings.ts';
import { paint } from '../report/terminal/paint.ts';
import { type Print, showPhases } from '../report/terminal/progress.ts';
import { renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { type Stack, startStack } from '../stack/index.ts';
import { instanceEnv, type RetryCell, runCell } from './cell.ts';
import { readOptions } from './options.ts';
import { type RetryReport, renderMarkdown, renderTable, resultOf } from './report.ts';

/**
 * `npm run retry-test`: runs retrying clients in each mode, without and with keys, on a private stack.
 *
 * @returns 0 if every verdict is the expected one, otherwise 1.
 */
export async function retryCommand(argv: readonly string[], print: Print = console.log): Promise<number> {
  const { modes, keys, intents, kills, leaseMs, seed, json, readme } = readOptions(argv);
  const cells: RetryCell[] = [];
  let versions: Stack['versions'];
  {
    const env = instanceEnv(leaseMs);
    await using stack = await showPhases(print, (onProgress) =>
      startStack({ env, withoutInstances: true, onProgress }),
    );
    versions = stack.versions;
    for (const mode of modes) {
      await stack.restartInstances({ env: { LOCK_MODE: mode } }); // of the reconcile job, too
      for (const which of keys === 'both' ? (['off', 'on'] as const) : [keys]) {
        const cell = await showPhases(print, (begin) => {
          begin(`${mode}, keys ${which}: the clients retry`);
          return runCell(stack, { mode, keys: which, seed, intents, kills });
        });
        print(wrap(`  ${sentenceFor(cell)}`));
        cells.push(cell);
      }
    }
  }
  print(`\n${renderTable(cells, paint, terminalWidth())}\n`);
  const asExpected = cells.every(({ verdict, expected }) => verdict === expected);
  if (asExpected && keys === 'both')
    print(
      wrap('A lock does not recognise a retry, and a key does not exclude other requests: only both together hold.'),
    );
  const report: RetryReport = { seed, asExpected, cells };
  await writeJson(json, report);
  if (readme) await writeFigures('retry-test', versions, renderMarkdown(cells));
  print(renderResult(resultOf(cells), paint, terminalWidth()));
  return asExpected ? 0 : 1;
}

function sentenceFor(cell: RetryCell): string {
  const { verdict, intents, retries, kills, cutOff, repaired } = cell;
  const found = describeFindings(cell).join(', ') || 'nothing is wrong';
  return `${verdict}; ${intents} intents, ${retries} retries, ${kills} kills under ${cutOff} requests, ${repaired} users reconciled; ${found}`;
}
