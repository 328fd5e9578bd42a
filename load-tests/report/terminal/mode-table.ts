import Table from 'cli-table3';
import { lengthOf } from './wrap.ts';

/** A table with a column for each mode. */
export interface ModeTable {
  /** Above the names of the rows. */
  readonly title?: string;
  readonly modes: readonly string[];
  /** A cell for each mode; it may be coloured. */
  readonly rows: readonly { readonly name: string; readonly cells: readonly string[] }[];
  readonly align: 'left' | 'right';
}

/** A cell's lines and spaces. */
const border = 3;

const widthOf = (cells: readonly string[]) => Math.max(...cells.map(lengthOf)) + border;
const columnOf = ({ modes, rows }: ModeTable, index: number) => [
  modes[index] ?? '',
  ...rows.map(({ cells }) => cells[index] ?? ''),
];
const namesWidth = ({ title = '', rows }: ModeTable) => widthOf([title, ...rows.map(({ name }) => name)]) + 1;

/** True if all modes have room beside each other. */
export function fits(table: ModeTable, width: number): boolean {
  return partsOf(table, width).length === 1;
}

/** @returns the indices of the modes that have room beside each other, at least one in each part. */
function partsOf(table: ModeTable, width: number): number[][] {
  const parts: number[][] = [];
  let left = 0;
  for (const index of table.modes.keys()) {
    const wanted = widthOf(columnOf(table, index));
    const part = parts.at(-1);
    if (part && wanted <= left) part.push(index);
    else {
      parts.push([index]);
      left = width - namesWidth(table);
    }
    left -= wanted;
  }
  return parts;
}

/** Draws the table; modes that have no room beside the others go below them. @param width in columns. */
export function renderByMode(table: ModeTable, width: number): string {
  const { title = '', modes, rows, align } = table;
  const cellsOf = (part: readonly number[], cells: readonly string[]) => part.map((index) => cells[index] ?? '');
  return partsOf(table, width)
    .map((part) => {
      const drawn = new Table({
        head: [title, ...cellsOf(part, modes)],
        style: { head: [], border: [] },
        chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
        colAligns: ['left', ...part.map(() => align)],
      });
      drawn.push(...rows.map(({ name, cells }) => [name, ...cellsOf(part, cells)]));
      return drawn.toString();
    })
    .join('\n');
}
