import { expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { loadCell, violatedCell } from '../report/html/faults/fixtures.ts';
import { plain } from '../report/terminal/paint.ts';
import { lengthOf } from '../report/terminal/wrap.ts';
import { describeMeasurements, describeUnexpected, renderMatrix, resultOf, sentenceFor } from './matrix.ts';
import type { MatrixCell } from './matrix-cell.ts';

const cell: MatrixCell = { ...violatedCell, mode: 'redis', notes: { rivalGotIn: true } };

test('renders a row per scenario and a column per mode, with dashes and marks', () => {
  const unexpected: MatrixCell = {
    ...cell,
    scenario: 'clock-jump',
    mode: 'redlock',
    verdict: 'held',
    asExpected: false,
  };
  const table = renderMatrix([cell, unexpected], ['redis', 'redlock'], plain, 80);
  expect(table).toMatch(/paused-holder +│ violated +│ – /);
  expect(table).toMatch(/clock-jump +│ – +│ held ! /);
});

test('counts the verdicts of repetitions, and marks an unexpected one', () => {
  const held: MatrixCell = { ...cell, verdict: 'held', asExpected: false, play: 3 };
  const table = renderMatrix([cell, { ...cell, play: 2 }, held], ['redis'], plain, 80);
  expect(table).toMatch(/paused-holder +│ violated 2×, held 1× ! /);
});

test.each([80, 100, 120, 200])('shows all modes within %i columns, in signs where words have no room', (width) => {
  const scenarios = ['contention', 'foreign-release-renewed'];
  const cells = scenarios.flatMap((scenario) => lockModeNames.map((mode): MatrixCell => ({ ...cell, scenario, mode })));
  const lines = renderMatrix(cells, lockModeNames, plain, width).split('\n');
  expect(Math.max(...lines.map(lengthOf))).toBeLessThanOrEqual(width);
  expect(lines.filter((line) => line.startsWith('│ contention'))).toHaveLength(width < 200 ? 2 : 1);
  expect(lines.join('\n').match(/✕/g)?.length ?? 0).toBe(width < 200 ? 23 : 0); // one explains the sign
});

test('states how many cells have each verdict, or which are unexpected', () => {
  const held: MatrixCell = { ...cell, verdict: 'held' };
  expect(resultOf([cell, held, cell])).toEqual({ asExpected: true, what: '2 violated, 1 held (3 cells)' });
  expect(resultOf([cell, { ...held, asExpected: false }])).toEqual({
    asExpected: false,
    what: 'paused-holder redis held (1 of 2 cells)',
  });
});

test('describes a cell in one line, with findings, measurements and inconclusive tries', () => {
  expect(sentenceFor(cell)).toBe(
    'paused-holder, redis: violated; 1 stale write, 1 user with access without paying, not linearizable; 1 of 2 acknowledged updates lost; rival got in: yes; 1100 ms',
  );
  const held: MatrixCell = {
    ...cell,
    verdict: 'held',
    asExpected: false,
    acknowledged: 0,
    notes: {},
    untested: ['A was late'],
  };
  expect(sentenceFor(held)).toBe(
    'paused-holder, redis: held (expected: violated); 1100 ms; inconclusive try: A was late',
  );
  const loaded: MatrixCell = { ...loadCell, lost: 1, acknowledged: 3 };
  expect(sentenceFor(loaded)).toMatch(/; 1 of 3 acknowledged updates lost \(33\.3 %\); 1100 ms$/);
});

const lateCell: MatrixCell = { ...cell, scenario: 'foreign-release', thirdGotIn: false, expectedThirdGotIn: false };

test('lists measurements by mode', () => {
  const killed: MatrixCell = { ...cell, scenario: 'killed-holder', notes: { nextInMs: 980, unfinishedCharges: [{}] } };
  const soaked: MatrixCell = {
    ...loadCell,
    scenario: 'soak',
    mode: 'redis',
    verdict: 'held',
    lost: 20,
    acknowledged: 500,
    halves: [
      { lost: 5, acknowledged: 240 },
      { lost: 15, acknowledged: 260 },
    ],
  };
  const naive: MatrixCell = { ...lateCell, mode: 'naive', thirdGotIn: true };
  const switched: MatrixCell = {
    ...soaked,
    scenario: 'database-switchover',
    lost: 0,
    unavailableMs: 280,
    notes: { unavailableMs: 280 },
  };
  const fenced: MatrixCell = { ...soaked, mode: 'fenced', lost: 0 };
  expect(describeMeasurements([lateCell, naive, killed, soaked, fenced, switched])).toEqual([
    'foreign-release, third request admitted: redis no; naive yes.',
    'killed-holder, time to the next grant: redis 980 ms.',
    'killed-holder, unfinished charges: redis 1.',
    'soak, acknowledged updates lost: redis 20 of 500 (4 %; halves 2.1 %, 5.8 %); fenced 0 of 500 (0 %).',
    'database-switchover, acknowledged updates lost: redis 0 of 500 (0 %).',
    'database-switchover, no request served for: redis 280 ms.',
  ]);
});

test('describes an unexpected result with the expected one and its reason', () => {
  expect(describeUnexpected({ ...cell, verdict: 'held' })).toBe(
    'paused-holder, redis: held, expected violated, because nothing checks again.',
  );
  expect(describeUnexpected({ ...cell, verdict: 'inconclusive', inconclusive: 'A was late' })).toBe(
    'paused-holder, redis: inconclusive (A was late), expected violated, because nothing checks again.',
  );
  const third: MatrixCell = { ...lateCell, thirdGotIn: true, asExpected: false };
  expect(describeUnexpected(third)).toBe('foreign-release, redis: third request admitted, expected blocked.');
  expect(sentenceFor(third)).toContain('violated (third request admitted, expected blocked)');
});
