import { seeded } from '../../../app/web/page/state/random.ts';
import { commandLine, whole } from '../../commands/cli/options.ts';
import { checkLinearizability } from '../linearizability.ts';
import { compareWithSearch } from './disagreement.ts';

/** Compares the checker with the exhaustive search on small random histories. Shows the first disagreement and exits with 1. */
const { histories, seed } = commandLine('node --import tsx load-tests/verify/checker-trials/compare-checkers.ts')
  .option('--histories <n>', 'number of histories', whole(1, 100_000_000), 100_000)
  .option('--seed <n>', 'seed of the histories', whole(0, 2_147_483_647), 1)
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
  console.log(`They disagree on the next: ${disagreement.what}\n${JSON.stringify(disagreement.history, null, 2)}`);
  process.exitCode = 1;
}
