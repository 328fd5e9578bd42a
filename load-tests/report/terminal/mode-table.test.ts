import { expect, test } from 'vitest';
import { type ModeTable, renderByMode } from './mode-table.ts';
import { lengthOf } from './wrap.ts';

const modes = ['none', 'memory', 'redis', 'serializable'];
const rows = [
  { name: 'stale writes', cells: ['1,204', '7', '0', '0'] },
  { name: 'verdict', cells: ['violated', 'violated', 'held', 'held'] },
];
const table: ModeTable = { title: 'mode', modes, rows, align: 'right' };
const linesAt = (width: number) => renderByMode(table, width).split('\n');

test('draws a column for each mode', () => {
  expect(linesAt(80)).toEqual([
    '┌──────────────┬──────────┬──────────┬───────┬──────────────┐',
    '│ mode         │     none │   memory │ redis │ serializable │',
    '│ stale writes │    1,204 │        7 │     0 │            0 │',
    '│ verdict      │ violated │ violated │  held │         held │',
    '└──────────────┴──────────┴──────────┴───────┴──────────────┘',
  ]);
});

test.each([61, 60, 46, 40, 26])('puts modes that have no room within %i columns below the others', (width) => {
  const lines = linesAt(width);
  expect(Math.max(...lines.map(lengthOf))).toBeLessThanOrEqual(Math.max(width, 31));
  const heads = lines.filter((line) => line.startsWith('│ mode'));
  expect(heads.flatMap((line) => line.match(/\w+/g) ?? []).filter((word) => word !== 'mode')).toEqual(modes);
  expect(heads).toHaveLength({ 61: 1, 60: 2, 46: 2, 40: 2, 26: 4 }[width] ?? 0);
});

test('measures a coloured cell by what is seen', () => {
  const coloured = { ...table, rows: [{ name: 'verdict', cells: modes.map(() => '\u001b[31mviolated\u001b[39m') }] };
  expect(renderByMode(coloured, 80).split('\n').map(lengthOf)).toEqual(Array(4).fill(59));
});
