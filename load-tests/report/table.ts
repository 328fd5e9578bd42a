import Table from 'cli-table3';
import type { Verdict } from '../verify/verdict.ts';
import type { RunReport } from './run-report.ts';

const columns = [
  'mode',
  'requests',
  'req/s',
  'p50 ms',
  'p99 ms',
  'lock-busy',
  'errors',
  'stale writes',
  'access without paying',
  'charged twice',
  'charged without access',
  'linearizable',
  'verdict',
];
const leftAligned = new Set(['mode', 'linearizable', 'verdict']);

/** One row a mode, for a terminal. `paint` marks a verdict, in colour or not at all. */
export function renderTable(runs: readonly RunReport[], paint: (verdict: Verdict) => string): string {
  const table = new Table({
    head: columns,
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, null, null, null, null, null, 8, 9, 9, 9, null, null],
    colAligns: columns.map((name) => (leftAligned.has(name) ? 'left' : 'right')),
  });
  for (const { mode, requests, requestsPerSecond, latencyMs, answers, errors, witnesses, verdict } of runs) {
    const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, linearizable } = witnesses;
    table.push([
      mode,
      requests,
      requestsPerSecond.toFixed(0),
      latencyMs.p50.toFixed(1),
      latencyMs.p99.toFixed(1),
      answers['lock-busy'] ?? 0,
      errors,
      staleWrites,
      accessWithoutPaying,
      chargedTwice,
      chargedWithoutAccess,
      linearizable === null ? 'unknown' : linearizable ? 'yes' : 'no',
      paint(verdict),
    ]);
  }
  return table.toString();
}
