import { describe, expect, test } from 'vitest';
import { predict } from './model.ts';
import { everyOrder, type Name, type Pair, pairs } from './pairs.ts';
import { isViolated, type Replayed } from './replayed.ts';

const pair = (name: string, starts: Pair['starts']): Pair => {
  const found = pairs.find((candidate) => candidate.name === name && candidate.starts === starts);
  if (!found) throw new Error(`there is no pair ${name}`);
  return found;
};
const all = (of: Pair) => everyOrder().map((order) => predict(of, order));
const inOrder = (of: Pair, order: string) => predict(of, [...order] as Name[]);
const ordersOf = (replays: readonly Replayed[], is: (replayed: Replayed) => boolean) =>
  replays.filter(is).map(({ order }) => order);
/** In how many orders each of the witnesses sees a violation. */
const seen = (replays: readonly Replayed[]) => ({
  staleWrites: ordersOf(replays, ({ staleWrites }) => staleWrites > 0).length,
  books: ordersOf(replays, ({ wrong }) => wrong !== null).length,
  history: ordersOf(replays, ({ linearizable }) => !linearizable).length,
});

describe('pay ‖ cancel of a free user', () => {
  const free = pair('pay ‖ cancel', 'free');

  test('goes wrong in the three orders in which the cancel reads between the charge and the write', () => {
    expect(ordersOf(all(free), isViolated)).toEqual(['AABABB', 'AABBAB', 'AABBBA']);
    expect(seen(all(free))).toEqual({ staleWrites: 3, books: 1, history: 1 });
  });

  test('the race: the cancel is done before the pay has written, and the user has access and has paid nothing', () => {
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

  test('a cancel that finds nothing has one step, and its other turns are passed over', () => {
    const { executed, answers } = inOrder(free, 'ABBBAA');
    expect(executed).toEqual(['A read', 'B read', 'A act', 'A write']);
    expect(answers).toEqual({ A: 'paid', B: 'nothing_to_cancel' });
  });
});

test('pay ‖ cancel of a paid user cannot go wrong: the pay has nothing to do until the cancel has written', () => {
  expect(seen(all(pair('pay ‖ cancel', 'paid')))).toEqual({ staleWrites: 0, books: 0, history: 0 });
});

test('pay ‖ pay charges twice in every order but the two in which one is done before the other reads', () => {
  const replays = all(pair('pay ‖ pay', 'free'));
  expect(ordersOf(replays, (replayed) => !isViolated(replayed))).toEqual(['AAABBB', 'BBBAAA']);
  expect(seen(replays)).toEqual({ staleWrites: 18, books: 18, history: 18 });
  expect(ordersOf(replays, ({ wrong }) => wrong === 'chargedTwice')).toHaveLength(18);
});

test('cancel ‖ cancel leaves the books right, and both are told that they have cancelled', () => {
  const replays = all(pair('cancel ‖ cancel', 'paid'));
  expect(ordersOf(replays, (replayed) => !isViolated(replayed))).toEqual(['AAABBB', 'BBBAAA']);
  expect(seen(replays)).toEqual({ staleWrites: 18, books: 0, history: 18 });
});

test('two pays of a paid user and two cancels of a free one only look: there is nothing to replay', () => {
  for (const [kind, starts] of [
    ['pay', 'paid'],
    ['cancel', 'free'],
  ] as const) {
    const idle: Pair = { name: 'idle', starts, commands: { A: kind, B: kind } };
    for (const replayed of all(idle)) {
      expect(isViolated(replayed)).toBe(false);
      expect(replayed.executed.toSorted()).toEqual(['A read', 'B read']);
    }
  }
});
