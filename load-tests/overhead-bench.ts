import Table from 'cli-table3';
import { Command } from 'commander';
import { whole } from './options.ts';
import { startStack } from './stack/index.ts';
import { resetUsers } from './workload/lab-client.ts';
import { drive } from './workload/load.ts';
import { createTally } from './workload/tally.ts';

/**
 * What a guard costs when nobody is in the way: requests per second with so many users that two requests hardly ever
 * meet and a processor that answers at once, for the service without a lock, with the Redis lock, and for a bare handler
 * that runs the same SQL. All in turn on one stack, several rounds; what counts are the ratios within a round.
 */
const subjects = {
  bare: { program: 'load-tests/workload/bare-instance.ts', lockMode: 'none' },
  none: { program: 'app/main.ts', lockMode: 'none' },
  redis: { program: 'app/main.ts', lockMode: 'redis' },
} as const;
type Subject = keyof typeof subjects;
const names = Object.keys(subjects) as Subject[];

interface BenchOptions {
  readonly users: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

const { users, connections, seconds, rounds } = new Command('npm run bench:overhead --')
  .option('--users <n>', 'users', whole(1, 100_000), 10_000)
  .option('--connections <n>', 'connections', whole(1, 1000), 32)
  .option('--seconds <n>', 'length of each load', whole(1, 60), 5)
  .option('--rounds <n>', 'rounds', whole(1, 50), 5)
  .allowExcessArguments(false)
  .parse()
  .opts<BenchOptions>();

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

await using stack = await startStack({ env: { GATEWAY_MS: '0' }, onProgress: (message) => console.log(message) });
const perSecond: Record<Subject, number[]> = { bare: [], none: [], redis: [] };
for (let round = 1; round <= rounds; round++) {
  // Users are made by the service, as the bare instances have no lab.
  await stack.restartInstances({ program: subjects.none.program });
  const loadUsers = (await resetUsers(stack.url, users)).map(({ id }) => ({ id, amount: 4900 }));
  const order = round % 2 === 0 ? [...names].reverse() : names; // so that what drifts during a round favours nobody
  for (const name of order) {
    const { program, lockMode } = subjects[name];
    await stack.restartInstances({ program, env: { LOCK_MODE: lockMode } });
    const load = { url: stack.url, users: loadUsers, connections };
    await drive({ ...load, seconds: 1, seed: round }, createTally()); // to warm up
    const tally = createTally();
    await drive({ ...load, seconds, seed: 1000 + round }, tally);
    const { requestsPerSecond, errors } = tally.result();
    if (errors > 0) throw new Error(`${name}: ${errors} errors; such figures mean nothing`);
    perSecond[name].push(requestsPerSecond);
    console.log(`round ${round}, ${name}: ${requestsPerSecond} requests/s`);
  }
}

const ratios = (a: Subject, b: Subject) => perSecond[a].map((value, round) => value / (perSecond[b][round] ?? 1));
const table = new Table({ head: ['', 'median', 'lowest', 'highest'], style: { head: [], border: [] } });
const addRow = (name: string, values: readonly number[], digits: number) =>
  table.push([
    name,
    ...[median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)),
  ]);
for (const name of names) addRow(`${name}, requests/s`, perSecond[name], 0);
addRow('none / bare', ratios('none', 'bare'), 2);
addRow('redis / none', ratios('redis', 'none'), 2);
console.log(`\n${users} users, ${connections} connections, GATEWAY_MS=0, ${rounds} rounds of ${seconds} s each`);
console.log(table.toString());
