import type { RunReport } from './run-report.ts';
import { renderByMode } from './terminal/mode-table.ts';
import type { Paint } from './terminal/paint.ts';

/** A column of the page and the document; a row on the terminal. */
interface Column {
  readonly name: string;
  readonly align: 'left' | 'right';
  /** True if a witness found it: anything but 0 or yes is a violation. */
  readonly isFinding?: boolean;
  readonly cell: (run: RunReport) => string | number;
}

const right = (name: string, cell: Column['cell']): Column => ({ name, align: 'right', cell });
const left = (name: string, cell: Column['cell']): Column => ({ name, align: 'left', cell });
const finding = (column: Column): Column => ({ ...column, isFinding: true });

const figures: readonly Column[] = [
  right('requests', ({ requests }) => requests),
  right('req/s', ({ requestsPerSecond }) => Math.round(requestsPerSecond)),
  right('p50 ms', ({ latencyMs }) => latencyMs.p50.toFixed(1)),
  right('p99 ms', ({ latencyMs }) => latencyMs.p99.toFixed(1)),
  right('lock-busy', ({ answers }) => answers['lock-busy'] ?? 0),
  right('errors', ({ errors }) => errors),
  ...[
    right('stale writes', ({ witnesses }) => witnesses.staleWrites),
    right('access without paying', ({ witnesses }) => witnesses.accessWithoutPaying),
    right('charged twice', ({ witnesses }) => witnesses.chargedTwice),
    right('charged without access', ({ witnesses }) => witnesses.chargedWithoutAccess),
    left('linearizable', ({ witnesses: { linearizable } }) =>
      linearizable === null ? 'unknown' : linearizable ? 'yes' : 'no',
    ),
  ].map(finding),
];

/** The columns before the verdict. */
export const columns: readonly Column[] = [left('mode', ({ mode }) => mode), ...figures];

/** A cell in which no witness has found anything. */
const findsNothing = (value: string | number) => [0, 'yes', 'unknown'].includes(value);

/** @returns a table for a terminal, one column per mode, with what the witnesses found in red. @param width in columns. */
export function renderTable(runs: readonly RunReport[], paint: Paint, width: number): string {
  const rows = figures.map(({ name, cell, isFinding = false }) => ({
    name,
    cells: runs.map((run) => {
      const value = cell(run);
      const text = value.toLocaleString('en');
      return isFinding && !findsNothing(value) ? paint('violated', text) : text;
    }),
  }));
  const verdicts = { name: 'verdict', cells: runs.map(({ verdict }) => paint(verdict, verdict)) };
  return renderByMode({ modes: runs.map(({ mode }) => mode), rows: [...rows, verdicts], align: 'right' }, width);
}
