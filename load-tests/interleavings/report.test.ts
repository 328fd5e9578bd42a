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

test('renders what each witness found, and whether that was expected', () => {
  const counts = ['1', '0', '3', '2', '1', '4'];
  expect(cells(run)).toEqual(['none', 'pay ‖ cancel', 'unpaid', ...counts, 'as predicted']);
  expect(cells({ ...run, unexpected: ['AAABBB'] })?.at(-1)).toBe('1 not as predicted');
  expect(cells({ ...run, expected: 'held' })?.at(-1)).toBe('held');
  expect(cells({ ...run, expected: 'held', unexpected: ['AAABBB', 'AABABB'] })?.at(-1)).toBe('2 not held');
});

test('names the violated orders, or the held ones if fewer', () => {
  expect(pairs.map(sentenceFor)).toEqual([
    'A = pay, B = cancel, unpaid user: 3 of 20 orders are violated: AABABB, AABBAB, AABBBA',
    'A = pay, B = cancel, paid user: no order is violated',
    'A = pay, B = pay, unpaid user: 18 of 20 orders are violated: all but AAABBB, BBBAAA',
    'A = cancel, B = cancel, paid user: 18 of 20 orders are violated: all but AAABBB, BBBAAA',
  ]);
});
