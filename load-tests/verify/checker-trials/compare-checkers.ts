import { Command } from 'commander';
import { seeded } from '../../../app/web/page/model/random.ts';
import { whole } from '../../commands/cli/options.ts';
import { checkLinearizability } from '../linearizability.ts';
import { compareWithSearch } from './disagreement.ts';

/**
 * The checker against the search through all orders, on random small histories. Exits with 1 when they differ, and shows
 * the history on which they do.
 */
const { histories, seed } = new Command('node --import tsx load-tests/verify/checker-trials/compare-checkers.ts')
  .option('--histories <n>', 'how many', whole(1, 100_000_000), 100_000)
  .option('--seed <n>', 'seed of the histories', whole(0, 2_147_483_647), 1)
  .allowExcessArguments(false)
  .parse()
  .opts<{ histories: number; seed: number }>();

const startMs = performance.now();
const { linearizable, notLinearizable, disagreement } = compareWithSearch(
  checkLinearizability,
  seeded(seed),
  histories,
);
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
console.log(
  `seed ${seed}: the checker and the search agree on ${linearizable + notLinearizable} histories, ${linearizable} linearizable and ${notLinearizable} not, in ${seconds} s`,
);
if (disagreement) {
  console.log(`and differ on the next: ${disagreement.what}\n${JSON.stringify(disagreement.history, null, 2)}`);
  process.exitCode = 1;
}
