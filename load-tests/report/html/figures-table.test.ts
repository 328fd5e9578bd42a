import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import { heldRun, violatedRun } from '../fixtures.ts';
import { columns } from '../table.ts';
import { FiguresTable } from './figures-table.tsx';

test('has a row per mode, with a cell per column and the verdict last', () => {
  const table = renderToString(h(FiguresTable, { runs: [violatedRun, heldRun] }));
  const [head = '', ...rows] = table.split('<tr>').slice(1);
  const cellsOf = (row: string) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell?.replace(/<[^>]*>/g, ''));
  expect(cellsOf(head)).toEqual([...columns.map(({ name }) => name), 'verdict']);
  expect(rows.map(cellsOf)).toEqual([
    ['none', '1,000', '200', '20.0', '100.0', '0', '0', '1', '0', '2', '0', 'no', '✕ violated'],
    ['redis', '1,000', '150', '20.0', '100.0', '0', '0', '0', '0', '0', '0', 'yes', '✓ held'],
  ]);
});
