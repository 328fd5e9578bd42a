import Table from 'cli-table3';
import type { Column } from './rows/row.ts';
import type { RowReport } from './run-row.ts';

/** @returns a table with a line per library, followed by any violations and the claims. */
export function renderRow({ row, title, results, claims }: RowReport, columns: readonly Column[]): string {
  const table = new Table({
    head: ['', ...columns.map(({ head }) => head)],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, ...columns.map(({ head }) => widthFor(head))],
    colAligns: ['left', ...columns.map(() => 'right' as const)],
  });
  for (const { contender, figures } of results) {
    table.push([contender, ...columns.map(({ key, digits }) => show(figures[key], digits))]);
  }
  const violations = results.filter(({ figures }) => (figures.violations ?? 0) > 0);
  return [
    `${row}: ${title}`,
    table.toString(),
    ...violations.map(
      ({ contender, figures }) => `VIOLATED: ${contender} had two holders at once, ${figures.violations} times.`,
    ),
    ...claims.map(({ text, value, holds }) => `${holds ? 'holds' : 'does not hold'}: ${text} (${show(value, 3)})`),
    '',
  ].join('\n');
}

/** Fits the longest word of the head, and a figure. */
const widthFor = (head: string) => Math.max(7, ...head.split(' ').map((word) => word.length)) + 2;

function show(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);
}
