import { expect, test } from 'vitest';
import type { Cell } from './cell.ts';
import { renderMatrix, sentenceFor } from './matrix.ts';

const cell: Cell = {
  scenario: 'paused-holder',
  mode: 'redis',
  expected: 'violated',
  why: 'nothing looks again',
  verdict: 'violated',
  witnesses: { staleWrites: 1, accessWithoutPaying: 1, chargedTwice: 0, chargedWithoutAccess: 0, linearizable: false },
  acknowledged: 2,
  lost: 1,
  unfinished: 0,
  unavailableMs: 0,
  durationMs: 1100,
  tries: 1,
  untested: [],
  notes: { rivalGotIn: true },
  timeline: [],
};

test('a row for each scenario and a column for each mode; what does not apply is a dash, and what surprises is marked', () => {
  const surprise: Cell = { ...cell, scenario: 'clock-jump', mode: 'redlock', verdict: 'held' };
  const table = renderMatrix([cell, surprise], ['redis', 'redlock'], (verdict) => verdict);
  expect(table).toMatch(/paused-holder +│ violated +│ – /);
  expect(table).toMatch(/clock-jump +│ – +│ held ! /);
});

test('a cell is told in one line, with what the witnesses saw, what was measured, and what was tried in vain', () => {
  expect(sentenceFor(cell)).toBe(
    'paused-holder, redis: violated; staleWrites 1, accessWithoutPaying 1, not linearizable; {"rivalGotIn":true}; 1100 ms',
  );
  expect(sentenceFor({ ...cell, verdict: 'held', notes: {}, untested: ['A was late'] })).toBe(
    'paused-holder, redis: held (expected: violated); 1100 ms; a try was inconclusive, as A was late',
  );
});
