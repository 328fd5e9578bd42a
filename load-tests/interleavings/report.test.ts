import { expect, test } from 'vitest';
import type { PairRun } from './interleave.ts';
import { predict } from './model.ts';
import { type Pair, pairs } from './pairs.ts';
import { renderTable, sentenceFor } from './report.ts';

const [first] = pairs as readonly [Pair];
const run: PairRun = {
  mode: 'none',
  requests: 'pay ‖ cancel',
  starts: 'free',
  orders: 1,
  blocked: 0,
  witnesses: { staleWrites: 3, books: 2, history: 1 },
  violated: 4,
  expected: 'predicted',
  unexpected: [],
  replays: [predict(first, ['A'])],
};
const cells = (of: PairRun) =>
  renderTable([of])
    .split('\n')
    .at(-2)
    ?.split('│')
    .map((cell) => cell.trim())
    .slice(1, -1);

test('a row has what each witness saw, and whether that was expected', () => {
  const counts = ['1', '0', '3', '2', '1', '4'];
  expect(cells(run)).toEqual(['none', 'pay ‖ cancel', 'free', ...counts, 'as predicted']);
  expect(cells({ ...run, unexpected: ['AAABBB'] })?.at(-1)).toBe('1 not as predicted');
  expect(cells({ ...run, expected: 'held' })?.at(-1)).toBe('held');
  expect(cells({ ...run, expected: 'held', unexpected: ['AAABBB', 'AABABB'] })?.at(-1)).toBe('2 not held');
});

test('names the few orders that go wrong, or the few that do not', () => {
  expect(pairs.map(sentenceFor)).toEqual([
    'A = pay, B = cancel, the user free: 3 of 20 orders go wrong, AABABB, AABBAB, AABBBA',
    'A = pay, B = cancel, the user paid: no order goes wrong',
    'A = pay, B = pay, the user free: 18 of 20 orders go wrong, all but AAABBB, BBBAAA',
    'A = cancel, B = cancel, the user paid: 18 of 20 orders go wrong, all but AAABBB, BBBAAA',
  ]);
});
