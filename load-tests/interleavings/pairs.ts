import type { Command } from '../../app/payments/decide.ts';
import { orders } from '../../app/web/page/state/scheduler/orders.ts';

/** The two requests of a replay. */
export const names = ['A', 'B'] as const;
export type Name = (typeof names)[number];

/** Two concurrent requests, and their user's initial state. */
export interface Pair {
  readonly name: string;
  readonly starts: 'free' | 'paid';
  readonly commands: Readonly<Record<Name, Command['kind']>>;
}

/** All pairs that can race. Two pays of a paid user and two cancels of an unpaid one only read. */
export const pairs: readonly Pair[] = [
  { name: 'pay ‖ cancel', starts: 'free', commands: { A: 'pay', B: 'cancel' } },
  { name: 'pay ‖ cancel', starts: 'paid', commands: { A: 'pay', B: 'cancel' } },
  { name: 'pay ‖ pay', starts: 'free', commands: { A: 'pay', B: 'pay' } },
  { name: 'cancel ‖ cancel', starts: 'paid', commands: { A: 'cancel', B: 'cancel' } },
];

/** The 20 orders of three steps of A and three of B: AAABBB, AABABB, … BBBAAA. */
export const everyOrder: readonly (readonly Name[])[] = orders.map((order) => [...order] as Name[]);
