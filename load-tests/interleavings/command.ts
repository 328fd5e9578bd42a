import { writeJson } from '../commands/cli/json.ts';
import { writeFigures } from '../report/figures.ts';
import { paint } from '../report/terminal/paint.ts';
import { type Print, showPhases } from '../report/terminal/progress.ts';
import { renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { type Stack, startStack } from '../stack/index.ts';
import { instanceEnv, interleave, type PairRun, type TwoInstances } from './interleave.ts';
import { readOptions } from './options.ts';
import {
  describeInMarkdown,
  describeReplay,
  type InterleavingsReport,
  renderTable,
  resultOf,
  sentenceFor,
  stateOf,
} from './report.ts';

/** Starts two instances with {@link instanceEnv}, and their servers. */
export type StartTwo = (print: Print) => Promise<TwoInstances & Pick<Stack, 'versions'> & AsyncDisposable>;

const startPrivateStack: StartTwo = (print) =>
  showPhases(print, (onProgress) => startStack({ instances: 2, env: instanceEnv, onProgress }));

/**
 * `npm run interleavings`: replays every order of each pair of requests, which a load only hits by chance.
 *
 * @param startTwo replaces the private stack.
 * @returns 0 if every order had the expected result (the model's without a guard, no violation with one), otherwise 1.
 */
export async function interleavingsCommand(
  argv: readonly string[],
  print: Print = console.log,
  startTwo = startPrivateStack,
): Promise<number> {
  const { modes, pairs, json, readme } = readOptions(argv);
  const runs: PairRun[] = [];
  let versions: Stack['versions'];
  {
    await using stack = await startTwo(print);
    versions = stack.versions;
    for (const mode of modes) {
      for (const pair of pairs) {
        const run = await showPhases(print, (begin) => {
          begin(`${mode}: every order of ${pair.name}, ${stateOf(pair)} user`);
          return interleave(stack, mode, pair);
        });
        runs.push(run);
      }
    }
  }
  print(`\n${renderTable(runs, paint, terminalWidth())}\n`);
  print('Without a guard, by the model (an order names the request of each step):');
  for (const pair of pairs) print(wrap(`  ${sentenceFor(pair)}`));
  for (const run of runs) {
    for (const order of run.unexpected) {
      const result = run.replays.find((candidate) => candidate.order === order);
      if (result)
        print(wrap(`\nUnexpected: ${run.mode}, ${run.requests}, ${stateOf(run)} user: ${describeReplay(result)}`));
    }
  }
  const report: InterleavingsReport = {
    demonstrated: runs.every(({ unexpected }) => unexpected.length === 0),
    runs,
  };
  await writeJson(json, report);
  if (readme) await writeFigures('interleavings', versions, describeInMarkdown(runs));
  print(`\n${renderResult(resultOf(runs), paint, terminalWidth())}`);
  return report.demonstrated ? 0 : 1;
}
