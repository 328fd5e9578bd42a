import { cpus, loadavg } from 'node:os';
import { readOptions } from '../bench/locks/options.ts';
import { renderRow } from '../bench/locks/print-row.ts';
import { rows } from '../bench/locks/rows/index.ts';
import { type Bench, own } from '../bench/locks/rows/row.ts';
import { type RowReport, runRow } from '../bench/locks/run-row.ts';
import { startServers } from '../bench/locks/servers.ts';
import { buildWorker, startWorker } from '../bench/locks/worker/worker-process.ts';
import { asPrinted, writeFigures } from '../report/figures.ts';
import { exitCodeOf } from './cli/exit-code.ts';
import { writeJson } from './cli/json.ts';

/**
 * `npm run bench:locks`: compares this project's lock with three npm libraries. Each row measures one property of all
 * libraries, one after the other on the same servers, in rounds of rotating order. Compare the ratios: absolute times
 * depend on the machine.
 */
async function main(): Promise<number> {
  const { only, rounds, seconds, retryMs, json, readme } = readOptions(process.argv.slice(2));
  const printed: string[] = [];
  const log = (message: string) => console.log(message);
  const print = (text: string) => {
    printed.push(text);
    log(text);
  };
  await using _worker = await buildWorker();
  await using servers = await startServers(log);
  const { version: redis } = await servers.single();
  const environment = { node: process.version, redis, cpus: cpus().length };
  const busy = loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');
  print(`Node ${environment.node}, Redis ${redis}, ${environment.cpus} cores; load average at the start: ${busy}`);
  print(`${rounds} rounds, slices of ${seconds} s; medians, and the maximum of the longest waits`);
  let keys = 0;
  const bench: Bench = { servers, seconds, retryMs, newKey: () => `lock-bench-${keys++}`, log };

  const measured = rows.filter(({ name }) => only.includes(name));
  await checkLibraries(new Set(measured.flatMap(({ libraries }) => libraries)), bench);
  const reports: RowReport[] = [];
  for (const row of measured) {
    const report = await runRow(row, bench, rounds);
    reports.push(report);
    print(`\n${renderRow(report, row.columns)}`);
  }
  await writeJson(json, { environment, rounds, seconds, rows: reports });
  if (readme) await writeFigures('bench:locks', { redis }, asPrinted(printed.join('\n')));
  return reports.every(isSound) ? 0 : 1;
}

/** @throws if one of them gives a lock to two clients at once. */
async function checkLibraries(libraries: ReadonlySet<string>, { servers }: Bench): Promise<void> {
  const { url } = await servers.single();
  await using worker = startWorker();
  for (const library of libraries) await worker.call('checkExclusion', { library, url });
}

/** True if this project's lock was measured and never had two holders at once. A missed claim is no failure. */
function isSound({ results }: RowReport): boolean {
  return results
    .filter(({ contender }) => contender === own)
    .every(({ rounds }) => rounds.every((figures) => Object.keys(figures).length > 0 && !figures.violations));
}

process.exitCode = await exitCodeOf(main);
