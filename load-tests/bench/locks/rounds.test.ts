import { expect, test } from 'vitest';
import { joinRounds, rotate } from './rounds.ts';

test('everybody is first once in as many rounds as there are contenders', () => {
  const orders = [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''));
  expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
  expect(rotate([], 3)).toEqual([]);
});

test('rounds are joined as each column says', () => {
  const columns = (['median', 'max', 'sum'] as const).map((how) => ({ key: how, head: how, digits: 0, rounds: how }));
  const round = (value: number) => ({ median: value, max: value, sum: value });
  expect(joinRounds([round(5), round(1), round(30)], columns)).toEqual({ median: 5, max: 30, sum: 36 });
});

test('what a round has not measured is not taken for nothing', () => {
  const columns = [{ key: 'ratio', head: '', digits: 0, rounds: 'sum' }] as const;
  expect(joinRounds([{ ratio: 1 }, {}], columns).ratio).toBeNaN();
});
