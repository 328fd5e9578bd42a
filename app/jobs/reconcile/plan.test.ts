import { describe, expect, test } from 'vitest';
import { type BookedCharge, planRepair, type Standing } from './plan.ts';

const afterMs = 1000;
const charge = (id: number, has: Partial<BookedCharge> = {}): BookedCharge => ({
  id,
  amount: 4900,
  requestId: `pay-${id}`,
  ageMs: 5000,
  ...has,
});
/** A user to whom nothing has happened for as long as the youngest of the charges is there. */
const standing = (paid: boolean, openCharges: BookedCharge[], has: Partial<Standing> = {}): Standing => ({
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
const plan = (of: Standing) => planRepair(of, afterMs);
/** What is done, and about which charge. */
const aim = (of: Standing) => {
  const step = plan(of);
  return 'charge' in step ? [step.act, step.charge.id] : [step.act];
};

describe('leaves alone', () => {
  test.each([
    ['a free user of whom nothing is open', standing(false, [])],
    ['a paid user with one charge open', standing(true, [charge(1)], { paidBy: charge(1) })],
    ['a paid user whose one open charge is not the one that the flag was written for', standing(true, [charge(1)])],
  ])('%s', (_who, of) => {
    expect(plan(of)).toEqual({ act: 'none' });
  });
});

describe('access without paying', () => {
  test('is taken away, under the lock of what the user last paid by', () => {
    const step = plan(standing(true, [], { lastAmount: 100 }));
    expect(step).toEqual({ act: 'clear', amount: 100, why: 'nothing is paid for it any more' });
  });
  test('may be a cancel between its refund and its write, as long as anything has happened lately', () => {
    expect(plan(standing(true, [], { quietMs: afterMs }))).toEqual({ act: 'wait' });
  });
});

describe('charged twice', () => {
  const [first, second] = [charge(1), charge(2)];

  test.each([
    ['the first', first, 2],
    ['the second', second, 1],
  ])('keeps the charge that the flag was written for, %s, and refunds the other one', (_which, paidBy, refunded) => {
    expect(aim(standing(true, [first, second], { paidBy }))).toEqual(['refund', refunded]);
  });
  test('refunds what is old, whatever else is going on', () => {
    const young = charge(2, { ageMs: 10 });
    expect(aim(standing(true, [first, young], { paidBy: young, quietMs: 10 }))).toEqual(['refund', 1]);
  });
  test('waits for a charge whose request may be under way', () => {
    expect(aim(standing(true, [first, charge(2, { ageMs: afterMs })], { paidBy: first }))).toEqual(['wait']);
  });
  test('keeps the one that was recorded last, where the flag’s own was refunded', () => {
    expect(aim(standing(true, [charge(1), charge(2, { wrote: 3 }), charge(3, { wrote: 5 })]))).toEqual(['refund', 1]);
    expect(aim(standing(true, [charge(1, { wrote: 3 }), charge(2, { wrote: 5 })]))).toEqual(['refund', 1]);
    expect(aim(standing(true, [charge(1, { wrote: 5 }), charge(2, { wrote: 3 })]))).toEqual(['refund', 2]);
  });
  test('keeps the first, where none was ever recorded', () => {
    expect(aim(standing(true, [charge(1), charge(2), charge(3)]))).toEqual(['refund', 2]);
  });
});

describe('charged without access', () => {
  test('by a request that never gave access for it: is refunded', () => {
    expect(plan(standing(false, [charge(1)]))).toEqual({
      act: 'refund',
      amount: 4900,
      charge: charge(1),
      why: 'request pay-1 has charged it and never given access for it',
    });
  });
  test('is refunded once what that request has read is outdated', () => {
    expect(aim(standing(false, [charge(1)], { flagAgeMs: 5000 }))).toEqual(['outdate', 1]);
    expect(aim(standing(false, [charge(1)], { flagAgeMs: Number.POSITIVE_INFINITY }))).toEqual(['outdate', 1]);
    expect(aim(standing(false, [charge(1)], { flagAgeMs: 4999 }))).toEqual(['refund', 1]);
  });
  test('refunds what is old, whatever else is going on, and waits for the rest', () => {
    const young = charge(1, { ageMs: afterMs });
    expect(aim(standing(false, [young, charge(2)], { quietMs: 0, flagAgeMs: 0 }))).toEqual(['refund', 2]);
    expect(aim(standing(false, [young], { quietMs: 0 }))).toEqual(['wait']);
  });

  describe('by a request that gave access for it', () => {
    test('is given the access back, if whoever took it away had not read that', () => {
      const step = plan(standing(false, [charge(1, { wrote: 6 })], { newestRead: 5 }));
      expect(step).toMatchObject({ act: 'restore', amount: 4900, charge: { id: 1 } });
    });
    test('is given back the access that was recorded last, where several were destroyed', () => {
      const charges = [charge(1, { wrote: 6 }), charge(2, { wrote: 7 }), charge(3)];
      expect(aim(standing(false, charges, { newestRead: 5 }))).toEqual(['restore', 2]);
    });
    test('waits for that until all is quiet: it is a write of the flag', () => {
      expect(aim(standing(false, [charge(1, { wrote: 6 })], { newestRead: 5, quietMs: afterMs }))).toEqual(['wait']);
    });
    test('is refunded, if somebody had read that: what has replaced it was cancelled', () => {
      const step = plan(standing(false, [charge(1, { wrote: 6 })], { newestRead: 6 }));
      expect(step).toMatchObject({ act: 'refund', why: 'the access that it paid for was cancelled' });
    });
  });
});
