import { expect, test } from 'vitest';
import { hasHeld } from './interleave.ts';
import { predict } from './model.ts';
import type { Name, Pair } from './pairs.ts';

const pair: Pair = { name: 'pay ‖ pay', starts: 'free', commands: { A: 'pay', B: 'pay' } };
const sequential = predict(pair, [...'AAABBB'] as Name[]);

test('an order has held without a violation, if both requests were stepped and carried out', () => {
  expect(hasHeld(sequential)).toBe(true);
  expect(hasHeld({ ...sequential, staleWrites: 1 })).toBe(false);
  expect(hasHeld({ ...sequential, answers: { A: 'paid', B: 'lock-busy' } })).toBe(false);
});

test('an order has not held if the step control held no request: no steps were interleaved', () => {
  expect(hasHeld({ ...sequential, executed: [] })).toBe(false);
  expect(hasHeld({ ...sequential, executed: sequential.executed.filter((step) => step.startsWith('A')) })).toBe(false);
});
