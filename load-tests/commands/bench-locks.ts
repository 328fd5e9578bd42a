import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { own } from '../bench/locks/judge.ts';
import { readOptions } from '../bench/locks/options.ts';
import { renderRow } from '../bench/locks/print-row.ts';
import type { Bench } from '../bench/locks/row.ts';
import { rows } from '../bench/locks/rows.ts';
import { type RowReport, runRow } from '../bench/locks/run-row.ts';
import { startServers } from '../bench/locks/servers.ts';
import { exitCodeOf } from './cli/exit-code.ts';

/**
 * How this project's lock compares with four npm libraries: each row measures one thing of all of them, in turn on the
 * same servers, in several rounds of rotating order. What counts are the ratios: absolute times are the machine's.
 */
async function main(): Promise<number> {
  const { only, rounds, seconds, retryMs, json } = readOptions(process.argv.slice(2));
  const say = (message: string) => console.log(message);
  await using servers = await startServers(say);
  const { version: redis } = await servers.single();
  const environment = { node: process.version, redis, cpus: cpus().length };
  const busy = loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');
  say(`Node ${environment.node}, Redis ${redis}, ${environment.cpus} cores; load average before the start ${busy}`);
  say(`${rounds} rounds, slices of ${seconds} s; of each figure the median, of the longest wait the longest`);
  let keys = 0;
  const bench: Bench = { servers, seconds, retryMs, newKey: () => `lock-bench-${keys++}`, say };

  const reports: RowReport[] = [];
  for (const row of rows.filter(({ name }) => only.includes(name))) {
    const report = await runRow(row, bench, rounds);
    reports.push(report);
    console.log(`\n${renderRow(report, row.columns)}`);
  }
  if (json) {
    await writeFile(json, `${JSON.stringify({ environment, rounds, seconds, rows: reports }, null, 2)}\n`);
  }
  return reports.every(isSound) ? 0 : 1;
}

/** Whether this project's lock could be measured and never let two in at once. What it was meant to reach is another matter. */
function isSound({ results }: RowReport): boolean {
  return results
    .filter(({ contender }) => contender === own)
    .every(({ rounds }) => rounds.every((figures) => Object.keys(figures).length > 0 && !figures.violations));
}

process.exitCode = await exitCodeOf(main);
