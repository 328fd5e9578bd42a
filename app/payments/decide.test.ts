import { describe, expect, test } from 'vitest';
import type { Account, OpenCharge } from './account.ts';
import { decide, decideToFinish } from './decide.ts';

const charge = (id: number, amount: number) => ({ id, amount });
const account = (paid: boolean, ...openCharges: Account['openCharges']): Account => ({ paid, version: 1, openCharges });
const paidBy = (charge: OpenCharge, ...others: OpenCharge[]): Account => ({
  ...account(true, charge, ...others),
  paidBy: charge,
});

describe('pay', () => {
  const pay = { kind: 'pay', amount: 4900 } as const;

  test('charges a free user', () => {
    expect(decide(account(false), pay)).toEqual({ act: 'charge', amount: 4900 });
  });
  test('charges a free user whatever is open: only the flag counts', () => {
    expect(decide(account(false, charge(1, 4900)), pay)).toEqual({ act: 'charge', amount: 4900 });
  });
  test('does nothing for a paid user', () => {
    expect(decide(account(true, charge(1, 4900)), pay)).toEqual({ act: 'none', answer: 'already_paid' });
  });
  test('does nothing for a paid user of whom nothing is open', () => {
    expect(decide(account(true), pay)).toEqual({ act: 'none', answer: 'already_paid' });
  });
});

describe('cancel', () => {
  const cancel = { kind: 'cancel', amount: 4900 } as const;

  test('refunds the open charge of a paid user', () => {
    expect(decide(account(true, charge(1, 4900)), cancel)).toEqual({ act: 'refund', charges: [charge(1, 4900)] });
  });
  test('refunds every open charge of this amount, and none of another', () => {
    const decision = decide(account(true, charge(1, 4900), charge(2, 100), charge(3, 4900)), cancel);
    expect(decision).toEqual({ act: 'refund', charges: [charge(1, 4900), charge(3, 4900)] });
  });
  test('refunds the open charge of a free user: a payment that is just being made', () => {
    expect(decide(account(false, charge(1, 4900)), cancel)).toEqual({ act: 'refund', charges: [charge(1, 4900)] });
  });
  test('clears the flag of a paid user of whom nothing is open', () => {
    expect(decide(account(true), cancel)).toEqual({ act: 'clear' });
  });
  test('leaves a payment of another amount alone', () => {
    expect(decide(account(true, charge(1, 100)), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
  test('leaves alone what a rival has charged, when the user is paid by another amount: the flag is not about that', () => {
    const decision = decide(paidBy(charge(1, 100), charge(2, 4900)), cancel);
    expect(decision).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
  test('refunds what the user is paid by, whatever a rival has charged of another amount', () => {
    const decision = decide(paidBy(charge(2, 4900), charge(1, 100)), cancel);
    expect(decision).toEqual({ act: 'refund', charges: [charge(2, 4900)] });
  });
  test('finds nothing to cancel for a free user', () => {
    expect(decide(account(false), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
});

describe('a cancel that has made refunds already', () => {
  const cancel = { kind: 'cancel', amount: 4900 } as const;

  test('clears the flag that still says what it has refunded, whatever a rival has charged of another amount', () => {
    expect(decideToFinish(account(true, charge(2, 100)), cancel)).toEqual({ act: 'clear' });
  });
  test('leaves a newer payment alone', () => {
    expect(decideToFinish(paidBy(charge(2, 100)), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
  test('decides as any other where there is something to refund, and where the user is free', () => {
    for (const seen of [paidBy(charge(1, 4900)), account(true), account(false), account(false, charge(2, 100))]) {
      expect(decideToFinish(seen, cancel)).toEqual(decide(seen, cancel));
    }
  });
});

test('one at a time, every user is always free with nothing open, or paid with one charge open', () => {
  let nextId = 1;
  let current = account(false);
  // Every state that any sequence of commands with two amounts can reach.
  const seen = new Set<string>();
  const waiting = [current];
  for (let state = waiting.pop(); state; state = waiting.pop()) {
    const shape = JSON.stringify([state.paid, state.openCharges.map(({ amount }) => amount)]);
    expect(state.openCharges.length, shape).toBe(state.paid ? 1 : 0);
    if (seen.has(shape)) continue;
    seen.add(shape);
    for (const kind of ['pay', 'cancel'] as const) {
      for (const amount of [100, 200]) {
        current = apply(state, decide(state, { kind, amount }), () => nextId++);
        waiting.push(current);
      }
    }
  }
  expect(seen.size).toBe(3); // free; paid 100; paid 200
});

function apply(state: Account, decision: ReturnType<typeof decide>, newId: () => number): Account {
  switch (decision.act) {
    case 'none':
      return state;
    case 'charge':
      return paidBy(charge(newId(), decision.amount), ...state.openCharges);
    case 'refund':
      return account(false, ...state.openCharges.filter((open) => !decision.charges.includes(open)));
    case 'clear':
      return account(false, ...state.openCharges);
  }
}
