import Table from 'cli-table3';
import { lengthOf } from './wrap.ts';

/** Columns that a text gets: at least a long word, at most a line that is easy to read. */
const [narrowest, widest] = [16, 48];

/** @returns a table of texts: the first column as wide as it must be, the others share the rest. @param width in columns. */
export function renderTexts(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const first = Math.max(...[head, ...rows].map(([cell = '']) => lengthOf(cell))) + 2;
  const others = head.length - 1;
  const each = Math.max(narrowest, Math.min(widest, Math.floor((width - first - head.length - 1) / others)));
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [first, ...Array<number>(others).fill(each)],
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
