import type { Command } from '../../app/payments/decide.ts';

/** The two requests of a replay. */
export const names = ['A', 'B'] as const;
export type Name = (typeof names)[number];

/** Two requests that meet, and the user whom they meet at. */
export interface Pair {
  readonly name: string;
  readonly starts: 'free' | 'paid';
  readonly commands: Readonly<Record<Name, Command['kind']>>;
}

/** All that have something to race for; two pays of a paid user and two cancels of a free one only look. */
export const pairs: readonly Pair[] = [
  { name: 'pay ‖ cancel', starts: 'free', commands: { A: 'pay', B: 'cancel' } },
  { name: 'pay ‖ cancel', starts: 'paid', commands: { A: 'pay', B: 'cancel' } },
  { name: 'pay ‖ pay', starts: 'free', commands: { A: 'pay', B: 'pay' } },
  { name: 'cancel ‖ cancel', starts: 'paid', commands: { A: 'cancel', B: 'cancel' } },
];

/** What everybody pays, in minor units. */
export const amount = 4900;

/** The read, the act and the write. */
const stepsEach = 3;

/** Every order of three steps of A and three of B, each as whose turn it is: AAABBB, AABABB, … BBBAAA. There are 20. */
export function everyOrder(left: Readonly<Record<Name, number>> = { A: stepsEach, B: stepsEach }): Name[][] {
  if (left.A + left.B === 0) return [[]];
  return names
    .filter((name) => left[name] > 0)
    .flatMap((name) => everyOrder({ ...left, [name]: left[name] - 1 }).map((rest) => [name, ...rest]));
}
