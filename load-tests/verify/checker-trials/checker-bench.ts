import Table from 'cli-table3';
import { seeded } from '../../../app/web/page/state/random.ts';
import { commandLine, whole } from '../../commands/cli/options.ts';
import { checkLinearizability } from '../linearizability.ts';
import { randomHistory } from './random-history.ts';

/** Measures the checker on one user's long history, by the number of overlapping operations. */
const { operations, seed } = commandLine('node --import tsx load-tests/verify/checker-trials/checker-bench.ts')
  .option('--operations <n>', 'operations of each history', whole(1, 10_000_000), 1_000_000)
  .option('--seed <n>', 'seed of the histories', whole(0, 2_147_483_647), 1)
  .parse()
  .opts<{ operations: number; seed: number }>();

const table = new Table({
  head: ['overlapping (max)', 'unknown outcomes', 'seconds', 'CPU seconds'],
  colAligns: ['right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
});
for (const spreadMs of [2, 50, 5000]) {
  for (const unknownOneIn of [1_000_000_000, 10]) {
    const history = randomHistory(seeded(seed), { operations, spreadMs, unknownOneIn });
    const startMs = performance.now();
    const startCpu = process.cpuUsage();
    const { linearizable } = checkLinearizability(history);
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(startCpu);
    if (!linearizable) throw new Error('the checker rejects a history that is linearizable by construction');
    const unknown = history.filter(({ answer }) => answer === 'unknown').length;
    table.push([4 * spreadMs, unknown, seconds.toFixed(2), ((user + system) / 1e6).toFixed(2)]);
  }
}
console.log(`${operations} operations of one user, seed ${seed}`);
console.log(table.toString());
