import Table from 'cli-table3';
import { Command } from 'commander';
import { median } from './lock/bench/statistics.ts';
import { whole } from './options.ts';
import { type Stack, startStack } from './stack/index.ts';
import { resetUsers } from './workload/lab-client.ts';
import { loadSlice } from './workload/slice.ts';

/**
 * What a guard costs when nobody is in the way: requests per second with so many users that two requests hardly ever
 * meet and a processor that answers at once, for the service without a lock, with the Redis lock, and for a bare handler
 * that runs the same SQL. Each on a stack of its own, all of them warm, loaded in turn in short slices: on a machine
 * whose speed drifts, what counts are the ratios within a round.
 */
const subjects = {
  bare: { program: 'load-tests/workload/bare-instance.ts', lockMode: 'none' },
  none: { program: 'app/main.ts', lockMode: 'none' },
  redis: { program: 'app/main.ts', lockMode: 'redis' },
} as const;
type Subject = keyof typeof subjects;
const names = Object.keys(subjects) as Subject[];

/** Long enough for V8 to have compiled what is hot: before that, whoever has more code pays for it. */
const warmUpSeconds = 6;

interface BenchOptions {
  readonly users: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

const { users, connections, seconds, rounds } = new Command('npm run bench:overhead --')
  .option('--users <n>', 'users', whole(1, 100_000), 10_000)
  .option('--connections <n>', 'connections', whole(1, 1000), 32)
  .option('--seconds <n>', 'length of each slice', whole(1, 60), 2)
  .option('--rounds <n>', 'rounds', whole(1, 100), 12)
  .allowExcessArguments(false)
  .parse()
  .opts<BenchOptions>();

/** A stack under one subject, warm. */
async function prepare(name: Subject): Promise<{ stack: Stack; slice: (seed: number) => Promise<number> }> {
  const { program, lockMode } = subjects[name];
  console.log(`${name}: starting, and ${warmUpSeconds} s to warm up`);
  const stack = await startStack({ env: { GATEWAY_MS: '0', LOCK_MODE: lockMode } });
  const fresh = await resetUsers(stack.url, users); // by the service: the bare instances have no lab
  await stack.restartInstances({ program });
  const load = { url: stack.url, users: fresh.map(({ id }) => ({ id, amount: 4900 })), connections };

  async function slice(seed: number, sliceSeconds = seconds): Promise<number> {
    const { requestsPerSecond, errors } = await loadSlice({ ...load, seconds: sliceSeconds, seed });
    if (errors > 0) throw new Error(`${name}: ${errors} errors; such figures mean nothing`);
    return requestsPerSecond;
  }
  await slice(0, warmUpSeconds);
  return { stack, slice };
}

const stacks: Stack[] = [];
const slices = {} as Record<Subject, (seed: number) => Promise<number>>;
for (const name of names) {
  const { stack, slice } = await prepare(name);
  stacks.push(stack);
  slices[name] = slice;
}

const perSecond: Record<Subject, number[]> = { bare: [], none: [], redis: [] };
for (let round = 1; round <= rounds; round++) {
  const order = round % 2 === 0 ? [...names].reverse() : names; // what drifts during a round favours nobody
  for (const name of order) perSecond[name].push(await slices[name](round));
  console.log(`round ${round}: ${names.map((name) => `${name} ${perSecond[name].at(-1)}`).join(', ')} requests/s`);
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
await Promise.all(stacks.map((stack) => stack.stop()));
