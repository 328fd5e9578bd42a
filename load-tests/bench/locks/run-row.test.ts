import { expect, test } from 'vitest';
import { aggregateRounds } from './run-row.ts';

test('aggregates rounds as each column specifies', () => {
  const columns = (['median', 'max', 'sum'] as const).map((how) => ({ key: how, head: how, digits: 0, rounds: how }));
  const round = (value: number) => ({ median: value, max: value, sum: value });
  expect(aggregateRounds([round(5), round(1), round(30)], columns)).toEqual({ median: 5, max: 30, sum: 36 });
});

test('a figure missing from a round makes its aggregate NaN, not smaller', () => {
  const columns = [{ key: 'ratio', head: '', digits: 0, rounds: 'sum' }] as const;
  expect(aggregateRounds([{ ratio: 1 }, {}], columns).ratio).toBeNaN();
});
