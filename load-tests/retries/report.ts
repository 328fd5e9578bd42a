import Table from 'cli-table3';
import { markdownTable } from '../report/figures.ts';
import { describeFindings } from '../report/findings.ts';
import { paintVerdict } from '../report/paint.ts';
import type { Verdict } from '../verify/verdict.ts';
import type { RetryCell } from './cell.ts';

/** The result as `--json` writes it. Other programs read it: add fields, remove none. */
export interface RetryReport {
  readonly seed: number;
  /** True if every verdict is the expected one. */
  readonly asExpected: boolean;
  readonly cells: readonly RetryCell[];
}

function describeCell(cell: RetryCell | undefined, paint: (verdict: Verdict) => string): string {
  if (!cell) return '–';
  const verdict = paint(cell.verdict) + (cell.verdict === cell.expected ? '' : ` (expected ${cell.expected})`);
  return [verdict, describeFindings(cell).join(', ')].filter((part) => part !== '').join(': ');
}

const head = ['mode', 'without keys', 'with Idempotency-Key'];

/** One row per mode: without keys, and with them. */
const rowsOf = (cells: readonly RetryCell[], paint: (verdict: Verdict) => string) =>
  [...new Set(cells.map(({ mode }) => mode))].map((mode) => [
    mode,
    ...['off', 'on'].map((keys) =>
      describeCell(
        cells.find((cell) => cell.mode === mode && cell.keys === keys),
        paint,
      ),
    ),
  ]);

/** @returns the table in Markdown. */
export const renderMarkdown = (cells: readonly RetryCell[]): string => markdownTable(head, rowsOf(cells, String));

/** @returns the table for a terminal. */
export function renderTable(cells: readonly RetryCell[]): string {
  const table = new Table({
    head,
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, 48, 48],
  });
  table.push(...rowsOf(cells, paintVerdict));
  return table.toString();
}
