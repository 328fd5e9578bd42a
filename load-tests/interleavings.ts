import { writeFile } from 'node:fs/promises';
import { instanceEnv, interleave, type PairRun } from './interleavings/interleave.ts';
import { readOptions } from './interleavings/options.ts';
import { type InterleavingsReport, renderTable, sentenceFor } from './interleavings/report.ts';
import { startStack } from './stack/index.ts';

/**
 * `npm run interleavings`: what a load only meets by luck, one by one. Exits with 0 when every order came out as
 * expected, as the model predicts where nothing guards and without a violation elsewhere, and with 1 otherwise.
 */
async function main(): Promise<number> {
  const { modes, pairs, json } = readOptions(process.argv.slice(2));
  const runs: PairRun[] = [];
  {
    const onProgress = (message: string) => console.log(message);
    await using stack = await startStack({ instances: 2, env: instanceEnv, onProgress });
    for (const mode of modes) {
      for (const pair of pairs) {
        console.log(`${mode}: every order of ${pair.name}, the user ${pair.starts}`);
        runs.push(await interleave(stack, mode, pair));
      }
    }
  }
  console.log(`\n${renderTable(runs)}\n\nWithout a guard, by the model, each order being whose turn each step is:`);
  for (const pair of pairs) console.log(`  ${sentenceFor(pair)}`);
  for (const { mode, requests, starts, unexpected, replays } of runs) {
    for (const order of unexpected) {
      const replayed = replays.find((candidate) => candidate.order === order);
      console.log(`\n${mode}, ${requests}, the user ${starts}, was not expected: ${JSON.stringify(replayed)}`);
    }
  }
  const report: InterleavingsReport = {
    demonstrated: runs.every(({ unexpected }) => unexpected.length === 0),
    runs,
  };
  if (json) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  return report.demonstrated ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
