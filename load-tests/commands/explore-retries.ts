import { Option } from 'commander';
import { letter } from '../../app/web/page/trace/requests.ts';
import { exploreRandomRequests } from '../retries/random-requests.ts';
import { type ExploredMode, exploredModes } from '../retries/world.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { commandLine, namesOf, whole } from './cli/options.ts';

interface ExploreOptions {
  readonly modes: readonly ExploredMode[];
  readonly sets: number;
  readonly orders: number;
  readonly seed: number;
}

function readOptions(): ExploreOptions {
  return commandLine('npm run explore-retries --')
    .description(
      'Runs the payment service in memory, step by step: requests that die and are retried, beside the reconcile job.',
    )
    .addOption(
      new Option('--modes <list>', 'modes to run: only those whose guard is in the write can be explored')
        .argParser(namesOf('mode', exploredModes))
        .default([...exploredModes], exploredModes.join(',')),
    )
    .option('--sets <n>', 'how many sets of requests are drawn', whole(1, 10_000_000), 2000)
    .option('--orders <n>', 'random orders of the steps of each', whole(1, 100_000), 30)
    .option('--seed <n>', 'seed of the first set; the others follow', whole(0, 2_147_483_647), 1)
    .parse()
    .opts<ExploreOptions>();
}

/** `npm run explore-retries`: exits with 1 if an order breaks an invariant. */
async function exploreRetries(): Promise<number> {
  const { modes, sets, orders, seed: first } = readOptions();
  for (const mode of modes) {
    for (let seed = first; seed < first + sets; seed++) {
      const found = await exploreRandomRequests(mode, seed, orders);
      if (!found) continue;
      console.log(`${mode}: seed ${seed} breaks an invariant: ${found.broken.join('; ')}`);
      for (const [index, request] of found.requests.entries())
        console.log(`  ${letter(index)} ${JSON.stringify(request)}: ${found.answers[index] ?? 'no answer'}`);
      console.log(`  in the order ${found.order}`);
      return 1;
    }
    console.log(`${mode}: ${sets} sets of requests in ${orders} orders each, seed ${first}: no invariant was broken`);
  }
  return 0;
}

process.exitCode = await exitCodeOf(exploreRetries);
