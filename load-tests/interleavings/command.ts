import { writeFile } from 'node:fs/promises';
import { startStack } from '../stack/index.ts';
import { instanceEnv, interleave, type PairRun, type TwoInstances } from './interleave.ts';
import { readOptions } from './options.ts';
import { type InterleavingsReport, renderTable, sentenceFor } from './report.ts';

type Say = (line: string) => void;

/** Starts the two instances, with {@link instanceEnv}, and what they need. */
export type StartTwo = (say: Say) => Promise<TwoInstances & AsyncDisposable>;

const startPrivateStack: StartTwo = (say) => startStack({ instances: 2, env: instanceEnv, onProgress: say });

/**
 * `npm run interleavings`: what a load only meets by luck, one by one.
 *
 * @param startTwo takes the place of a private stack.
 * @returns 0 when every order came out as expected, as the model predicts where nothing guards and without a violation
 *   elsewhere, and 1 otherwise.
 */
export async function interleavingsCommand(
  argv: readonly string[],
  say: Say = console.log,
  startTwo = startPrivateStack,
): Promise<number> {
  const { modes, pairs, json } = readOptions(argv);
  const runs: PairRun[] = [];
  {
    await using stack = await startTwo(say);
    for (const mode of modes) {
      for (const pair of pairs) {
        say(`${mode}: every order of ${pair.name}, the user ${pair.starts}`);
        runs.push(await interleave(stack, mode, pair));
      }
    }
  }
  say(`\n${renderTable(runs)}\n\nWithout a guard, by the model, each order being whose turn each step is:`);
  for (const pair of pairs) say(`  ${sentenceFor(pair)}`);
  for (const { mode, requests, starts, unexpected, replays } of runs) {
    for (const order of unexpected) {
      const replayed = replays.find((candidate) => candidate.order === order);
      say(`\n${mode}, ${requests}, the user ${starts}, was not expected: ${JSON.stringify(replayed)}`);
    }
  }
  const report: InterleavingsReport = {
    demonstrated: runs.every(({ unexpected }) => unexpected.length === 0),
    runs,
  };
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  return report.demonstrated ? 0 : 1;
}
