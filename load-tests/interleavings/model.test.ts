import { describe, expect, test } from 'vitest';
import { predict } from './model.ts';
import { everyOrder, type Name, type Pair, pairs } from './pairs.ts';
import { isViolated, type ReplayResult } from './replay-result.ts';

const pair = (name: string, starts: Pair['starts']): Pair => {
  const found = pairs.find((candidate) => candidate.name === name && candidate.starts === starts);
  if (!found) throw new Error(`no pair ${name}`);
  return found;
};
const all = (of: Pair) => everyOrder.map((order) => predict(of, order));
const inOrder = (of: Pair, order: string) => predict(of, [...order] as Name[]);
const ordersOf = (replays: readonly ReplayResult[], is: (result: ReplayResult) => boolean) =>
  replays.filter(is).map(({ order }) => order);
/** Number of orders in which each witness finds a violation. */
const seen = (replays: readonly ReplayResult[]) => ({
  staleWrites: ordersOf(replays, ({ staleWrites }) => staleWrites > 0).length,
  books: ordersOf(replays, ({ wrong }) => wrong !== null).length,
  history: ordersOf(replays, ({ linearizable }) => !linearizable).length,
});

describe('pay ‖ cancel of an unpaid user', () => {
  const free = pair('pay ‖ cancel', 'free');

  test('is violated in the three orders with the cancel read between charge and write', () => {
    expect(ordersOf(all(free), isViolated)).toEqual(['AABABB', 'AABBAB', 'AABBBA']);
    expect(seen(all(free))).toEqual({ staleWrites: 3, books: 1, history: 1 });
  });

  test('gives access without payment when the cancel ends before the pay writes', () => {
    expect(inOrder(free, 'AABBBA')).toEqual({
      order: 'AABBBA',
      blocked: false,
      executed: ['A read', 'A act', 'B read', 'B act', 'B write', 'A write'],
      answers: { A: 'paid', B: 'cancelled' },
      staleWrites: 1,
      wrong: 'accessWithoutPaying',
      linearizable: false,
    });
  });

  test('skips the other turns of a cancel that finds nothing', () => {
    const { executed, answers } = inOrder(free, 'ABBBAA');
    expect(executed).toEqual(['A read', 'B read', 'A act', 'A write']);
    expect(answers).toEqual({ A: 'paid', B: 'nothing_to_cancel' });
  });
});

test('pay ‖ cancel of a paid user is never violated', () => {
  expect(seen(all(pair('pay ‖ cancel', 'paid')))).toEqual({ staleWrites: 0, books: 0, history: 0 });
});

test('pay ‖ pay charges twice in every order except the two sequential ones', () => {
  const replays = all(pair('pay ‖ pay', 'free'));
  expect(ordersOf(replays, (result) => !isViolated(result))).toEqual(['AAABBB', 'BBBAAA']);
  expect(seen(replays)).toEqual({ staleWrites: 18, books: 18, history: 18 });
  expect(ordersOf(replays, ({ wrong }) => wrong === 'chargedTwice')).toHaveLength(18);
});

test('cancel ‖ cancel keeps the ledger right, but answers both with cancelled', () => {
  const replays = all(pair('cancel ‖ cancel', 'paid'));
  expect(ordersOf(replays, (result) => !isViolated(result))).toEqual(['AAABBB', 'BBBAAA']);
  expect(seen(replays)).toEqual({ staleWrites: 18, books: 0, history: 18 });
});

test('two pays of a paid user and two cancels of an unpaid one only read', () => {
  for (const [kind, starts] of [
    ['pay', 'paid'],
    ['cancel', 'free'],
  ] as const) {
    const idle: Pair = { name: 'idle', starts, commands: { A: kind, B: kind } };
    for (const result of all(idle)) {
      expect(isViolated(result)).toBe(false);
      expect(result.executed.toSorted()).toEqual(['A read', 'B read']);
    }
  }
});
