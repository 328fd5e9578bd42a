import Table from 'cli-table3';
import { InvalidArgumentError, Option } from 'commander';
import { figuresOf } from '../bench/modes/costs.ts';
import { median } from '../bench/statistics.ts';
import { resetUsers } from '../client/lab-client.ts';
import { loadSlice } from '../client/load.ts';
import { asPrinted, readmeOption, writeFigures } from '../report/figures.ts';
import { type Stack, startStack } from '../stack/index.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { commandLine, whole } from './cli/options.ts';

/**
 * `npm run bench:overhead`: what a guard costs without contention, in requests per second. Many users, so that two requests
 * rarely meet, and a payment processor that answers at once. It compares the service without a lock, with the Redis lock,
 * both also with an idempotency key in each request, and a bare handler that runs the same SQL; or, to show the cost of the
 * trace, the service with and without its lab. Each subject has its own warm stack, and they are loaded in turn in short
 * slices: a machine's speed drifts, so compare the ratios within a round.
 */
const subjects = {
  bare: { program: 'load-tests/bench/overhead/bare-instance.ts' },
  none: {},
  redis: { env: { LOCK_MODE: 'redis' } },
  'none-keys': { hasKeys: true },
  'redis-keys': { env: { LOCK_MODE: 'redis' }, hasKeys: true },
  'lab-off': { env: { LAB: 'off' } },
  traced: { headers: { 'x-lab-trace': 'bench' } },
} as const satisfies Record<string, SubjectOptions>;
type Subject = keyof typeof subjects;

interface SubjectOptions {
  /** Default: the service. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether each request has an `Idempotency-Key`. */
  readonly hasKeys?: boolean;
}

/** The pairs to compare. */
const pairs: readonly [Subject, Subject][] = [
  ['none', 'bare'],
  ['redis', 'none'],
  ['none-keys', 'none'],
  ['redis-keys', 'redis'],
  ['none', 'lab-off'],
  ['traced', 'none'],
];

const usual: readonly Subject[] = ['bare', 'none', 'redis', 'none-keys', 'redis-keys'];

/** Enough for V8 to compile the hot code; before, more code costs more time. */
const warmUpSeconds = 6;

interface BenchOptions {
  readonly subjects: readonly Subject[];
  readonly users: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly readme: boolean;
}

function listOfSubjects(text: string): Subject[] {
  const named = text.split(',');
  const known = Object.keys(subjects) as Subject[];
  const chosen = known.filter((name) => named.includes(name));
  if (chosen.length === 0 || chosen.length !== named.length) {
    throw new InvalidArgumentError(`It must be some of ${known.join(', ')}, each once, separated by commas.`);
  }
  return chosen;
}

const {
  subjects: names,
  users,
  connections,
  seconds,
  rounds,
  readme,
} = commandLine('npm run bench:overhead --')
  .description('Measures what the Redis lock and an Idempotency-Key cost without contention, in requests per second.')
  .addOption(
    new Option('--subjects <list>', `some of ${Object.keys(subjects).join(', ')}`)
      .argParser(listOfSubjects)
      .default(usual, usual.join(',')),
  )
  .option('--users <n>', 'users', whole(1, 100_000), 10_000)
  .option('--connections <n>', 'connections', whole(1, 1000), 32)
  .option('--seconds <n>', 'length of each slice', whole(1, 60), 2)
  .option('--rounds <n>', 'rounds', whole(1, 100), 12)
  .addOption(readmeOption('bench:overhead'))
  .parse()
  .opts<BenchOptions>();

/** Loads a warm stack for a while. @returns its requests per second. */
type Slice = (seed: number) => Promise<number>;

/** Makes the stack one of the subject, and warms it up. */
async function prepare(name: Subject, stack: Stack): Promise<Slice> {
  const { program, env, headers, hasKeys }: SubjectOptions = subjects[name];
  const fresh = await resetUsers(stack.url, users); // by the service with its lab, which not every subject has
  await stack.restartInstances({ ...(program && { program }), ...(env && { env }) });
  const load = {
    url: stack.url,
    users: fresh.map(({ id }) => ({ id, amount: 4900 })),
    connections,
    ...(headers && { headers }),
    ...(hasKeys && { hasKeys }),
  };

  async function slice(seed: number, sliceSeconds = seconds): Promise<number> {
    const result = await loadSlice({ ...load, seconds: sliceSeconds, seed });
    if (result.errors > 0) throw new Error(`${name}: ${result.errors} errors; such figures mean nothing`);
    return figuresOf(result).perSecond; // a refusal is cheap
  }
  await slice(0, warmUpSeconds);
  return slice;
}

async function measure(stacks: Stack[]): Promise<number> {
  const slices = {} as Record<Subject, Slice>;
  for (const name of names) {
    console.log(`${name}: starting, and ${warmUpSeconds} s to warm up`);
    const stack = await startStack({ env: { GATEWAY_MS: '0' } });
    stacks.push(stack);
    slices[name] = await prepare(name, stack);
  }

  const perSecond = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Subject, number[]>;
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 0 ? [...names].reverse() : names; // so that a drift during a round favours no subject
    for (const name of order) perSecond[name].push(await slices[name](round));
    console.log(
      `round ${round}: ${names.map((name) => `${name} ${perSecond[name].at(-1)?.toFixed(0)}`).join(', ')} requests/s`,
    );
  }

  const ratios = (a: Subject, b: Subject) => perSecond[a].map((value, round) => value / (perSecond[b][round] ?? 1));
  const table = new Table({ head: ['', 'median', 'lowest', 'highest'], style: { head: [], border: [] } });
  const addRow = (name: string, values: readonly number[], digits: number) =>
    table.push([
      name,
      ...[median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)),
    ]);
  for (const name of names) addRow(`${name}, requests/s`, perSecond[name], 0);
  for (const [a, b] of pairs) if (names.includes(a) && names.includes(b)) addRow(`${a} / ${b}`, ratios(a, b), 2);
  const figures = `${users} users, ${connections} connections, GATEWAY_MS=0, ${rounds} rounds of ${seconds} s each\n${table}`;
  console.log(`\n${figures}`);
  if (readme) await writeFigures('bench:overhead', stacks[0]?.versions ?? {}, asPrinted(figures));
  return 0;
}

process.exitCode = await exitCodeOf(async () => {
  const stacks: Stack[] = [];
  try {
    return await measure(stacks);
  } finally {
    await Promise.all(stacks.map((stack) => stack.stop()));
  }
});
