import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newUser } from '../testing/client.ts';
import { openModes, sectionFor, sharedModes, type TestModes, toPaid } from '../testing/lock-modes.ts';
import { PacedTime } from '../testing/paced-time.ts';
import { answered, execute, interrupted, paidAndBalance } from '../testing/payments.ts';

const amount = 4900;
const lockTtlMs = 100_000; // of the real Redis, too
const lockMaxHoldMs = 600_000;
const leasedModes = ['redis', 'redlock', 'fenced'] as const;

const { here: rival } = await sharedModes();
let time: PacedTime;
let payer: TestModes;
let userId: number;
beforeAll(async () => {
  time = new PacedTime();
  payer = await openModes({ time, lockTtlMs, lockMaxHoldMs });
});
afterAll(() => payer?.close());
beforeEach(async () => {
  userId = await newUser();
});

/** A pay whose charge takes `takesMs` in virtual time. @param meanwhile runs at the end of that time. */
function pay(name: (typeof leasedModes)[number], takesMs: number, meanwhile = async () => {}) {
  const processor = interrupted(payer.processor, { charged: () => time.pass(takesMs).then(meanwhile) });
  return execute('pay', { userId, mode: payer.modes[name], processor, lockWaitMs: 0 });
}
const user = () => paidAndBalance(userId);

describe.each(leasedModes)('%s: a pay that takes longer than the TTL', (name) => {
  test('renews its lease while it lasts, and is paid; a rival waits', async () => {
    let rivalOutcome: unknown;
    const outcome = await pay(name, 2.5 * lockTtlMs, async () => {
      const { processor, modes } = rival;
      rivalOutcome = await execute('pay', { userId, mode: modes[name], processor, lockWaitMs: 0 });
    });
    expect(rivalOutcome).toMatchObject({ outcome: 'lock-busy' });
    expect(outcome).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
  });
});

test.each(['redis', 'redlock'] as const)(
  '%s: past the longest hold, a pay has lost its lease and takes its charge back',
  async (name) => {
    expect(await pay(name, lockMaxHoldMs + 1)).toEqual({ outcome: 'lease-lost' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  },
);

test('fenced: past the longest hold, a pay without a rival is paid: the row decides', async () => {
  expect(await pay('fenced', lockMaxHoldMs + 1)).toEqual(answered('paid'));
  expect(await user()).toEqual({ paid: true, balance: amount });
});

test.each(leasedModes)('%s: a lease that its work renews lasts beyond the longest hold', async (name) => {
  const section = sectionFor({ key: `PAYMENT_${userId}_${amount}`, userId });
  const entry = await payer.modes[name].guard(section, async (account) => {
    const snapshot = await account.read();
    for (let passedMs = 0; passedMs <= lockMaxHoldMs; passedMs += lockTtlMs / 2) {
      await time.pass(lockTtlMs / 2);
      await account.renew?.();
    }
    return snapshot && account.write(toPaid, snapshot);
  });
  expect(entry).toEqual({ outcome: 'done', value: 'written' });
});
