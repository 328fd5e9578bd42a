import Table from 'cli-table3';
import type { Verdict } from '../verify/verdict.ts';
import type { RunReport } from './run-report.ts';

/** A column, on the terminal and on the page. */
interface Column {
  readonly name: string;
  readonly align: 'left' | 'right';
  /** Its width on a terminal, if its name is too long for one line. */
  readonly width?: number | undefined;
  readonly cell: (run: RunReport) => string | number;
}

const right = (name: string, cell: Column['cell'], width?: number): Column => ({
  name,
  align: 'right',
  cell,
  width,
});
const left = (name: string, cell: Column['cell']): Column => ({ name, align: 'left', cell });

/** The columns before the verdict. */
export const columns: readonly Column[] = [
  left('mode', ({ mode }) => mode),
  right('requests', ({ requests }) => requests),
  right('req/s', ({ requestsPerSecond }) => Math.round(requestsPerSecond)),
  right('p50 ms', ({ latencyMs }) => latencyMs.p50.toFixed(1)),
  right('p99 ms', ({ latencyMs }) => latencyMs.p99.toFixed(1)),
  right('lock-busy', ({ answers }) => answers['lock-busy'] ?? 0),
  right('errors', ({ errors }) => errors),
  right('stale writes', ({ witnesses }) => witnesses.staleWrites, 8),
  right('access without paying', ({ witnesses }) => witnesses.accessWithoutPaying, 9),
  right('charged twice', ({ witnesses }) => witnesses.chargedTwice, 9),
  right('charged without access', ({ witnesses }) => witnesses.chargedWithoutAccess, 9),
  left('linearizable', ({ witnesses: { linearizable } }) =>
    linearizable === null ? 'unknown' : linearizable ? 'yes' : 'no',
  ),
];

/** @returns a table for a terminal, one row per mode. `paint` may colour a verdict. */
export function renderTable(runs: readonly RunReport[], paint: (verdict: Verdict) => string): string {
  const table = new Table({
    head: [...columns.map(({ name }) => name), 'verdict'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [...columns.map(({ width }) => width ?? null), null],
    colAligns: [...columns.map(({ align }) => align), 'left'],
  });
  for (const run of runs) table.push([...columns.map(({ cell }) => cell(run)), paint(run.verdict)]);
  return table.toString();
}
