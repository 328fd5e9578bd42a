import { describe, expect, test } from 'vitest';
import type { Account, OpenCharge } from './account.ts';
import { decide, decideToFinish } from './decide.ts';

const charge = (id: number, amount: number) => ({ id, amount });
const account = (paid: boolean, ...openCharges: Account['openCharges']): Account => ({ paid, version: 1, openCharges });
const paidBy = (charge: OpenCharge, ...others: OpenCharge[]): Account => ({
  ...account(true, charge, ...others),
  paidBy: charge,
});
/** Its cancel has refunded the payment, and not cleared the flag yet. */
const refunded = (refundedAmount: number): Account => ({ ...account(true), refundedAmount });

describe('pay', () => {
  const pay = { kind: 'pay', amount: 4900 } as const;

  test('charges an unpaid user', () => {
    expect(decide(account(false), pay)).toEqual({ act: 'charge', amount: 4900 });
  });
  test('charges an unpaid user even if a charge is open', () => {
    expect(decide(account(false, charge(1, 4900)), pay)).toEqual({ act: 'charge', amount: 4900 });
  });
  test('does nothing for a paid user', () => {
    expect(decide(account(true, charge(1, 4900)), pay)).toEqual({ act: 'none', answer: 'already_paid' });
  });
  test('does nothing for a paid user without an open charge', () => {
    expect(decide(account(true), pay)).toEqual({ act: 'none', answer: 'already_paid' });
  });
});

describe('cancel', () => {
  const cancel = { kind: 'cancel', amount: 4900 } as const;

  test('refunds the open charge of a paid user', () => {
    expect(decide(account(true, charge(1, 4900)), cancel)).toEqual({ act: 'refund', charges: [charge(1, 4900)] });
  });
  test('refunds every open charge of this amount, and no other', () => {
    const decision = decide(account(true, charge(1, 4900), charge(2, 100), charge(3, 4900)), cancel);
    expect(decision).toEqual({ act: 'refund', charges: [charge(1, 4900), charge(3, 4900)] });
  });
  test('refunds the open charge of an unpaid user: a pay in progress', () => {
    expect(decide(account(false, charge(1, 4900)), cancel)).toEqual({ act: 'refund', charges: [charge(1, 4900)] });
  });
  test('clears the flag of a paid user without an open charge', () => {
    expect(decide(account(true), cancel)).toEqual({ act: 'clear' });
  });
  test('leaves a payment of another amount alone', () => {
    expect(decide(account(true, charge(1, 100)), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
  test('leaves a charge alone if another amount has paid for the access', () => {
    const decision = decide(paidBy(charge(1, 100), charge(2, 4900)), cancel);
    expect(decision).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
  test('leaves access alone that another amount paid for, even once refunded', () => {
    expect(decide(refunded(100), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
    expect(decide(refunded(4900), cancel)).toEqual({ act: 'clear' });
  });
  test('refunds a dead request’s charge once the payment that gave access is refunded', () => {
    const left = { ...refunded(100), openCharges: [charge(1, 4900)] };
    expect(decide(left, cancel)).toEqual({ act: 'refund', charges: [charge(1, 4900)] });
  });
  test('refunds the charge that paid, even if another amount is open', () => {
    const decision = decide(paidBy(charge(2, 4900), charge(1, 100)), cancel);
    expect(decision).toEqual({ act: 'refund', charges: [charge(2, 4900)] });
  });
  test('finds nothing to cancel for an unpaid user', () => {
    expect(decide(account(false), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
});

describe('a cancel that has already refunded', () => {
  const cancel = { kind: 'cancel', amount: 4900 } as const;

  test('clears the flag of what it refunded, even if another amount is open', () => {
    expect(decideToFinish(account(true, charge(2, 100)), cancel)).toEqual({ act: 'clear' });
  });
  test('leaves a newer payment alone', () => {
    expect(decideToFinish(paidBy(charge(2, 100)), cancel)).toEqual({ act: 'none', answer: 'nothing_to_cancel' });
  });
  test('otherwise decides like any cancel', () => {
    const others = [account(true), account(false), account(false, charge(2, 100)), refunded(100), refunded(4900)];
    for (const seen of [paidBy(charge(1, 4900)), ...others]) {
      expect(decideToFinish(seen, cancel)).toEqual(decide(seen, cancel));
    }
  });
});

test('commands run serially leave a user unpaid, or paid by exactly one charge', () => {
  let nextId = 1;
  let current = account(false);
  // All states that sequences of commands with two amounts can reach.
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
  expect(seen.size).toBe(3); // unpaid; paid 100; paid 200
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
