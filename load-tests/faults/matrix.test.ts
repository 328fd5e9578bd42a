import { expect, test } from 'vitest';
import { loadCell, violatedCell } from '../report/html/faults/fixtures.ts';
import type { Cell } from './cell.ts';
import { renderMatrix, sentenceFor, tellMeasured, tellSurprise } from './matrix.ts';

const cell: Cell = { ...violatedCell, mode: 'redis', notes: { rivalGotIn: true } };

test('a row for each scenario and a column for each mode; what does not apply is a dash, and what surprises is marked', () => {
  const surprise: Cell = { ...cell, scenario: 'clock-jump', mode: 'redlock', verdict: 'held', asExpected: false };
  const table = renderMatrix([cell, surprise], ['redis', 'redlock'], (verdict) => verdict);
  expect(table).toMatch(/paused-holder +│ violated +│ – /);
  expect(table).toMatch(/clock-jump +│ – +│ held ! /);
});

test('what was played several times is counted, and marked if one of the plays surprises', () => {
  const held: Cell = { ...cell, verdict: 'held', asExpected: false, play: 3 };
  const table = renderMatrix([cell, { ...cell, play: 2 }, held], ['redis'], (verdict) => verdict);
  expect(table).toMatch(/paused-holder +│ violated 2×, held 1× ! /);
});

test('a cell is told in one line, with what the witnesses saw, what was measured, and what was tried in vain', () => {
  expect(sentenceFor(cell)).toBe(
    'paused-holder, redis: violated; staleWrites 1, accessWithoutPaying 1, not linearizable; 1 of 2 acknowledged updates lost; {"rivalGotIn":true}; 1100 ms',
  );
  const held: Cell = {
    ...cell,
    verdict: 'held',
    asExpected: false,
    acknowledged: 0,
    notes: {},
    untested: ['A was late'],
  };
  expect(sentenceFor(held)).toBe(
    'paused-holder, redis: held (expected: violated); 1100 ms; a try was inconclusive, as A was late',
  );
  const loaded: Cell = { ...loadCell, lost: 1, acknowledged: 3 };
  expect(sentenceFor(loaded)).toMatch(/; 1 of 3 acknowledged updates lost \(33\.3 %\); 1100 ms$/);
});

const lateCell: Cell = { ...cell, scenario: 'foreign-release', thirdGotIn: false, expectedThirdGotIn: false };

test('what was measured beside the verdicts is told mode by mode', () => {
  const killed: Cell = { ...cell, scenario: 'killed-holder', notes: { nextInMs: 980, unfinishedCharges: [{}] } };
  const soaked: Cell = { ...loadCell, scenario: 'soak', mode: 'redis', verdict: 'held', lost: 20, acknowledged: 500 };
  const naive: Cell = { ...lateCell, mode: 'naive', thirdGotIn: true };
  expect(tellMeasured([lateCell, naive, killed, soaked, { ...soaked, mode: 'fenced', lost: 0 }])).toEqual([
    'foreign-release, a third request got in: redis no; naive yes.',
    'killed-holder, until the next one got in: redis 980 ms.',
    'killed-holder, charges that nobody finished: redis 1.',
    'soak, acknowledged updates lost: redis 20 of 500 (4 %); fenced 0 of 500 (0 %).',
  ]);
});

test('a surprise is told with what was expected and why, and an inconclusive one with what came in between', () => {
  expect(tellSurprise({ ...cell, verdict: 'held' })).toBe(
    'paused-holder, redis: held, where violated was expected: nothing looks again.',
  );
  expect(tellSurprise({ ...cell, verdict: 'inconclusive', inconclusive: 'A was late' })).toBe(
    'paused-holder, redis: inconclusive, as A was late, where violated was expected: nothing looks again.',
  );
  const third: Cell = { ...lateCell, thirdGotIn: true, asExpected: false };
  expect(tellSurprise(third)).toBe('foreign-release, redis: a third request got in, where it was to be kept out.');
  expect(sentenceFor(third)).toContain('violated (a third request got in, where it was to be kept out)');
});
