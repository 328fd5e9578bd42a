import { writeFile } from 'node:fs/promises';
import { startStack } from '../stack/index.ts';
import { instanceEnv, interleave, type PairRun, type TwoInstances } from './interleave.ts';
import { readOptions } from './options.ts';
import { type InterleavingsReport, renderTable, sentenceFor, stateOf } from './report.ts';

type Print = (line: string) => void;

/** Starts two instances with {@link instanceEnv}, and their servers. */
export type StartTwo = (print: Print) => Promise<TwoInstances & AsyncDisposable>;

const startPrivateStack: StartTwo = (print) => startStack({ instances: 2, env: instanceEnv, onProgress: print });

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
  const { modes, pairs, json } = readOptions(argv);
  const runs: PairRun[] = [];
  {
    await using stack = await startTwo(print);
    for (const mode of modes) {
      for (const pair of pairs) {
        print(`${mode}: every order of ${pair.name}, ${stateOf(pair)} user`);
        runs.push(await interleave(stack, mode, pair));
      }
    }
  }
  print(`\n${renderTable(runs)}\n\nWithout a guard, by the model (an order names the request of each step):`);
  for (const pair of pairs) print(`  ${sentenceFor(pair)}`);
  for (const run of runs) {
    for (const order of run.unexpected) {
      const result = run.replays.find((candidate) => candidate.order === order);
      print(`\nUnexpected: ${run.mode}, ${run.requests}, ${stateOf(run)} user: ${JSON.stringify(result)}`);
    }
  }
  const report: InterleavingsReport = {
    demonstrated: runs.every(({ unexpected }) => unexpected.length === 0),
    runs,
  };
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  return report.demonstrated ? 0 : 1;
}
