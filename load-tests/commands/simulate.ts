import { availableParallelism } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { type BatchResult, runBatch } from '../../app/redis-lock/simulation/batch.ts';
import { describeSchedule } from '../../app/redis-lock/simulation/campaign.ts';
import { type NodeCount, nodeCounts, seedsOf } from '../../app/redis-lock/simulation/schedule.ts';
import { paint } from '../report/terminal/paint.ts';
import { renderResult } from '../report/terminal/result.ts';
import { terminalWidth, wrap } from '../report/terminal/wrap.ts';
import { SimulationWorker } from '../simulation/worker-process.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { jsonOption, writeJson } from './cli/json.ts';
import { commandLine, whole } from './cli/options.ts';

interface SimulateOptions {
  readonly schedules: number;
  readonly seed: number;
  readonly nodes?: NodeCount;
  readonly replay?: number;
  readonly json?: string;
}

/** The report that `--json` writes: one per number of nodes. */
interface SimulationReport {
  readonly seed: number;
  readonly schedules: number;
  readonly schedulesPerSecond: number;
  readonly actionsPerSchedule: number;
  readonly nodes: NodeCount;
  readonly violations: readonly {
    readonly promise: string;
    readonly seed: number;
    readonly schedule: readonly string[];
  }[];
  readonly reached: Readonly<Record<string, number>>;
}

function readOptions(argv: readonly string[]): SimulateOptions {
  return commandLine('npm run simulate --')
    .description('Runs the Redis lock and its scripts in virtual time, under random schedules with faults.')
    .option('--schedules <n>', 'number of schedules, for each count of nodes', whole(1, 10_000_000), 10_000)
    .option('--seed <n>', 'the same seed gives the same schedules', whole(0, 2 ** 31 - 1), 1)
    .option('--nodes <n>', `number of Redis servers: ${nodeCounts.join(', ')} (default: each in turn)`, nodeCount)
    .option('--replay <seed>', 'the one schedule of this seed; needs --nodes', whole(0, 2 ** 31 - 1))
    .addOption(jsonOption())
    .parse([...argv], { from: 'user' })
    .opts<SimulateOptions>();
}

function nodeCount(value: string): NodeCount {
  const found = nodeCounts.find((count) => String(count) === value);
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${nodeCounts.join(', ')}.`);
  return found;
}

/** Number of schedules per batch. */
const batchSize = 50;

/** Runs the schedules of these seeds on all cores. @returns the batches' results, in any order. */
async function runAll(nodes: NodeCount, seeds: readonly number[]): Promise<BatchResult[]> {
  const batches: number[][] = [];
  for (let from = 0; from < seeds.length; from += batchSize) batches.push(seeds.slice(from, from + batchSize));
  const results: BatchResult[] = [];
  await using compiled = await SimulationWorker.compile();
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), batches.length) }, async () => {
      await using worker = compiled.start();
      for (let batch = batches.shift(); batch; batch = batches.shift()) {
        results.push(await worker.call('runBatch', { nodes, seeds: batch }));
      }
    }),
  );
  return results;
}

async function simulateNodes(
  nodes: NodeCount,
  { seed, schedules, replay }: SimulateOptions,
): Promise<SimulationReport> {
  const startedAt = performance.now();
  const seeds = replay === undefined ? seedsOf(seed, schedules) : [replay];
  const results = seeds.length === 1 ? [await runBatch({ nodes, seeds })] : await runAll(nodes, seeds);
  const seconds = (performance.now() - startedAt) / 1000;
  const reached: Record<string, number> = {};
  for (const [event, count] of results.flatMap((result) => Object.entries(result.reached))) {
    reached[event] = (reached[event] ?? 0) + count;
  }
  const violations = results.flatMap(({ failures }) =>
    failures.flatMap(({ seed, failure }) =>
      failure
        ? failure.violations.slice(0, 1).map(({ promise, atMs, what }) => ({
            promise,
            seed,
            schedule: [...describeSchedule(failure.schedule), `${atMs.toFixed(1)} ms: ${what}`],
          }))
        : [],
    ),
  );
  const actions = results.reduce((sum, result) => sum + result.actions, 0);
  return {
    ...{ seed, schedules: seeds.length, schedulesPerSecond: Math.round(seeds.length / seconds) },
    ...{ actionsPerSchedule: Number((actions / seeds.length).toFixed(1)), nodes },
    ...{
      violations: violations.sort((a, b) => a.seed - b.seed),
      reached: Object.fromEntries(Object.entries(reached).sort()),
    },
  };
}

/** Number of violations printed in full. */
const mostPrinted = 5;

function print({
  nodes,
  seed,
  schedules,
  schedulesPerSecond,
  actionsPerSchedule,
  violations,
  reached,
}: SimulationReport): void {
  const say = (line: string) => console.log(wrap(line));
  const servers = nodes === 1 ? 'one Redis' : `${nodes} nodes`;
  say(
    `${servers}: ${schedules} schedules of ${actionsPerSchedule} actions, seed ${seed}, ${schedulesPerSecond} a second: ${violations.length} violations`,
  );
  const events = Object.entries(reached).map(([event, count]) => `${event} ${count}`);
  say(`  reached: ${events.join(', ')}`);
  for (const violation of violations.slice(0, mostPrinted)) {
    say(`\n  ${violation.promise}: broken by this schedule (--nodes ${nodes} --replay ${violation.seed})`);
    for (const line of violation.schedule) say(`    ${line}`);
  }
}

/** `npm run simulate`: exits with 1 if a promise of the lock was broken. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.replay !== undefined && options.nodes === undefined) throw new Error('--replay needs --nodes');
  const reports: SimulationReport[] = [];
  for (const nodes of options.nodes === undefined ? nodeCounts : [options.nodes]) {
    const report = await simulateNodes(nodes, options);
    print(report);
    reports.push(report);
  }
  await writeJson(options.json, options.nodes === undefined ? reports : reports[0]);
  const violations = reports.reduce((sum, report) => sum + report.violations.length, 0);
  const schedules = reports.reduce((sum, report) => sum + report.schedules, 0);
  const what = `${violations} violations in ${schedules.toLocaleString('en')} schedules`;
  console.log(renderResult({ asExpected: violations === 0, what }, paint, terminalWidth()));
  return violations === 0 ? 0 : 1;
}

process.exitCode = await exitCodeOf(main);
