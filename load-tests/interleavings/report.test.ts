import { expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { plain } from '../report/terminal/paint.ts';
import { lengthOf } from '../report/terminal/wrap.ts';
import type { PairRun } from './interleave.ts';
import { predict } from './model.ts';
import { type Name, type Pair, pairs } from './pairs.ts';
import { describeInMarkdown, describeReplay, renderTable, resultOf, sentenceFor } from './report.ts';

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
  renderTable([of], plain, 80)
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('│').map((cell) => cell.trim())[2]);

test('renders what each witness found, and whether that was expected', () => {
  expect(cells(run)).toEqual(['none', '', '1', '0', '3', '2', '1', '4', 'yes']);
  expect(cells({ ...run, unexpected: ['AAABBB'] }).at(-1)).toBe('1 not');
});

test.each([80, 100, 120, 200])('renders all modes and pairs within %i columns', (width) => {
  const runs = lockModeNames.flatMap((mode) =>
    pairs.map(({ name, starts }): PairRun => ({ ...run, mode, requests: name, starts, orders: 20 })),
  );
  const lines = renderTable(runs, plain, width).split('\n');
  expect(Math.max(...lines.map(lengthOf))).toBeLessThanOrEqual(width);
  expect(lines.filter((line) => line.startsWith('│ cancel ‖ cancel, paid'))).toHaveLength(width < 200 ? 2 : 1);
});

test('writes a table of how many orders are violated and blocked', () => {
  const redis: PairRun = { ...run, mode: 'redis', violated: 0, blocked: 1, unexpected: ['AABABB'] };
  const other: PairRun = { ...run, requests: 'pay ‖ pay' };
  expect(describeInMarkdown([run, other, redis])).toBe(`| Violated orders | none | redis |
| --- | --- | --- |
| pay ‖ cancel, unpaid user | 4 of 1 | 0 of 1, 1 blocked ! |
| pay ‖ pay, unpaid user | 4 of 1 | – |`);
});

test('states in how many orders each mode was violated, or which orders are unexpected', () => {
  const redis: PairRun = { ...run, mode: 'redis', violated: 0 };
  expect(resultOf([run, redis])).toEqual({ asExpected: true, what: 'none 4 of 1 orders violated, redis 0' });
  const wrong: PairRun = { ...redis, unexpected: ['AABABB'] };
  expect(resultOf([run, wrong])).toEqual({ asExpected: false, what: 'redis, pay ‖ cancel, AABABB' });
});

test('describes an order’s result in words', () => {
  expect(describeReplay(predict(first, [...'AABBBA'] as Name[]))).toBe(
    'AABBBA: A read, A act, B read, B act, B write, A write; A is answered paid, B cancelled; 1 stale write, 1 user with access without paying, not linearizable',
  );
});

test('names the violated orders, or the held ones if fewer', () => {
  expect(pairs.map(sentenceFor)).toEqual([
    'A = pay, B = cancel, unpaid user: 3 of 20 orders are violated: AABABB, AABBAB, AABBBA',
    'A = pay, B = cancel, paid user: no order is violated',
    'A = pay, B = pay, unpaid user: 18 of 20 orders are violated: all but AAABBB, BBBAAA',
    'A = cancel, B = cancel, paid user: 18 of 20 orders are violated: all but AAABBB, BBBAAA',
  ]);
});
