import { describe, expect, test } from 'vitest';
import { type LedgerCharge, planRepair, type UserState } from './plan.ts';

const afterMs = 1000;
const charge = (id: number, has: Partial<LedgerCharge> = {}): LedgerCharge => ({
  id,
  amount: 4900,
  requestId: `pay-${id}`,
  ageMs: 5000,
  ...has,
});
/** A user without a change since the youngest charge. */
const state = (paid: boolean, openCharges: LedgerCharge[], has: Partial<UserState> = {}): UserState => ({
  userId: 7,
  paid,
  version: 9,
  openCharges,
  quietMs: Math.min(6000, ...openCharges.map(({ ageMs }) => ageMs)),
  flagAgeMs: 4000,
  newestRead: 8,
  lastAmount: 4900,
  ...has,
});
const plan = (of: UserState) => planRepair(of, afterMs);
/** The act of the step, and the id of its charge. */
const aim = (of: UserState) => {
  const step = plan(of);
  return 'charge' in step ? [step.act, step.charge.id] : [step.act];
};

describe('leaves alone', () => {
  test.each([
    ['an unpaid user without an open charge', state(false, [])],
    ['a paid user with one charge open', state(true, [charge(1)], { paidBy: charge(1) })],
    ['a paid user whose open charge was made by another request', state(true, [charge(1)])],
  ])('%s', (_who, of) => {
    expect(plan(of)).toEqual({ act: 'none' });
  });
});

describe('access without paying', () => {
  test('is removed, under the lock of the last amount', () => {
    const step = plan(state(true, [], { lastAmount: 100 }));
    expect(step).toEqual({ act: 'clear', amount: 100, why: 'no open charge pays for it' });
  });
  test('waits after a recent change: a cancel may be in progress', () => {
    expect(plan(state(true, [], { quietMs: afterMs }))).toEqual({ act: 'wait' });
  });
});

describe('charged twice', () => {
  const [first, second] = [charge(1), charge(2)];

  test.each([
    ['the first', first, 2],
    ['the second', second, 1],
  ])('keeps the charge that the flag was written for, %s, and refunds the other', (_which, paidBy, refunded) => {
    expect(aim(state(true, [first, second], { paidBy }))).toEqual(['refund', refunded]);
  });
  test('refunds old charges despite recent changes', () => {
    const young = charge(2, { ageMs: 10 });
    expect(aim(state(true, [first, young], { paidBy: young, quietMs: 10 }))).toEqual(['refund', 1]);
  });
  test('waits for a charge whose request may be in progress', () => {
    expect(aim(state(true, [first, charge(2, { ageMs: afterMs })], { paidBy: first }))).toEqual(['wait']);
  });
  test('keeps the one recorded last if the flag’s own was refunded', () => {
    expect(aim(state(true, [charge(1), charge(2, { wroteVersion: 3 }), charge(3, { wroteVersion: 5 })]))).toEqual([
      'refund',
      1,
    ]);
    expect(aim(state(true, [charge(1, { wroteVersion: 3 }), charge(2, { wroteVersion: 5 })]))).toEqual(['refund', 1]);
    expect(aim(state(true, [charge(1, { wroteVersion: 5 }), charge(2, { wroteVersion: 3 })]))).toEqual(['refund', 2]);
  });
  test('keeps the first if none was recorded', () => {
    expect(aim(state(true, [charge(1), charge(2), charge(3)]))).toEqual(['refund', 2]);
  });
});

describe('charged without access', () => {
  test('by a request that never gave access: is refunded', () => {
    expect(plan(state(false, [charge(1)]))).toEqual({
      act: 'refund',
      amount: 4900,
      charge: charge(1),
      why: 'request pay-1 charged it and never gave access',
    });
  });
  test('is refunded once the version that its request read is stale', () => {
    expect(aim(state(false, [charge(1)], { flagAgeMs: 5000 }))).toEqual(['bump-version', 1]);
    expect(aim(state(false, [charge(1)], { flagAgeMs: Number.POSITIVE_INFINITY }))).toEqual(['bump-version', 1]);
    expect(aim(state(false, [charge(1)], { flagAgeMs: 4999 }))).toEqual(['refund', 1]);
  });
  test('refunds old charges despite recent changes, and waits for the rest', () => {
    const young = charge(1, { ageMs: afterMs });
    expect(aim(state(false, [young, charge(2)], { quietMs: 0, flagAgeMs: 0 }))).toEqual(['refund', 2]);
    expect(aim(state(false, [young], { quietMs: 0 }))).toEqual(['wait']);
  });

  describe('by a request that gave access', () => {
    test('restores access if no later write had read it', () => {
      const step = plan(state(false, [charge(1, { wroteVersion: 6 })], { newestRead: 5 }));
      expect(step).toMatchObject({ act: 'restore', amount: 4900, charge: { id: 1 } });
    });
    test('restores the access recorded last if several were overwritten', () => {
      const charges = [charge(1, { wroteVersion: 6 }), charge(2, { wroteVersion: 7 }), charge(3)];
      expect(aim(state(false, charges, { newestRead: 5 }))).toEqual(['restore', 2]);
    });
    test('waits until nothing has changed lately before it restores access', () => {
      expect(aim(state(false, [charge(1, { wroteVersion: 6 })], { newestRead: 5, quietMs: afterMs }))).toEqual([
        'wait',
      ]);
    });
    test('is refunded if a later write had read it', () => {
      const step = plan(state(false, [charge(1, { wroteVersion: 6 })], { newestRead: 6 }));
      expect(step).toMatchObject({ act: 'refund', why: 'the access that it paid for was cancelled' });
    });
  });
});
