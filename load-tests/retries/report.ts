import { markdownTable } from '../report/figures.ts';
import { counted, describeFindings } from '../report/findings.ts';
import { type Paint, plain } from '../report/terminal/paint.ts';
import type { Result } from '../report/terminal/result.ts';
import { renderTexts } from '../report/terminal/text-table.ts';
import type { RetryCell } from './cell.ts';

/** The result as `--json` writes it. Other programs read it: add fields, remove none. */
export interface RetryReport {
  readonly seed: number;
  /** True if every verdict is the expected one. */
  readonly asExpected: boolean;
  readonly cells: readonly RetryCell[];
}

function describeCell(cell: RetryCell | undefined, paint: Paint): string {
  if (!cell) return '–';
  const verdict =
    paint(cell.verdict, cell.verdict) + (cell.verdict === cell.expected ? '' : ` (expected ${cell.expected})`);
  return [verdict, describeFindings(cell).join(', ')].filter((part) => part !== '').join(': ');
}

const head = ['mode', 'without keys', 'with Idempotency-Key'];

/** One row per mode: without keys, and with them. */
const rowsOf = (cells: readonly RetryCell[], paint: Paint) =>
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
export const renderMarkdown = (cells: readonly RetryCell[]): string => markdownTable(head, rowsOf(cells, plain));

/** @returns the table for a terminal. @param width in columns. */
export const renderTable = (cells: readonly RetryCell[], paint: Paint, width: number): string =>
  renderTexts(head, rowsOf(cells, paint), width);

/** What the last line says. */
export function resultOf(cells: readonly RetryCell[]): Result {
  const unexpected = cells.filter(({ verdict, expected }) => verdict !== expected);
  if (unexpected.length > 0) {
    const wrong = unexpected.map(
      ({ mode, keys, verdict, expected }) => `${mode}, keys ${keys}: ${verdict}, expected ${expected}`,
    );
    return { asExpected: false, what: wrong.join('; ') };
  }
  const counts = (['off', 'on'] as const).flatMap((which) => {
    const those = cells.filter(({ keys }) => keys === which);
    if (those.length === 0) return [];
    const violated = those.filter(({ verdict }) => verdict === 'violated').length;
    return `${which === 'on' ? 'with' : 'without'} keys ${violated} of ${counted(those.length, 'mode', 'modes')} violated`;
  });
  return { asExpected: true, what: counts.join(', ') };
}
