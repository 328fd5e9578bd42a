import { expect, test } from 'vitest';
import { renderRow } from './print-row.ts';

const columns = [{ key: 'perSecond', head: 'acquired/s', digits: 0, rounds: 'median' }] as const;
const report = (figures: Record<string, number>) => ({
  row: 'held-5ms',
  title: 'a title',
  results: [{ contender: 'redlock', figures, rounds: [figures] }],
  claims: [
    { text: 'at least 0.9 of the bound', value: 0.95, holds: true },
    { text: 'at most 2.2 round trips', value: 3, holds: false },
  ],
});

test('shows each figure, and whether each claim holds', () => {
  const text = renderRow(report({ perSecond: 94.4 }), columns);
  expect(text).toMatch(/redlock\s+│\s+94 │/);
  expect(text).toContain('holds: at least 0.9 of the bound (0.950)');
  expect(text).toContain('does not hold: at most 2.2 round trips (3.000)');
  expect(text).not.toContain('VIOLATED');
});

test('reports two holders at once', () => {
  expect(renderRow(report({ perSecond: 94, violations: 3 }), columns)).toContain(
    'VIOLATED: redlock had two holders at once, 3 times.',
  );
});

test('shows a dash for a figure that was not measured', () => {
  expect(renderRow(report({ perSecond: Number.NaN }), columns)).toMatch(/redlock\s+│\s+– │/);
});
