import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createStatements } from '../database/statements.ts';
import { openModes, sectionFor, sharedModes, type TestModes, toPaid } from '../testing/lock-modes.ts';
import { PacedTime } from '../testing/paced-time.ts';
import { sharedDb } from '../testing/shared.ts';
import type { Processor } from './processor.ts';
import { createPaymentService } from './service.ts';
import { createUsers } from './users.ts';

const amount = 4900;
const lockTtlMs = 100_000; // of the real Redis, too
const lockMaxHoldMs = 600_000;
const leasedModes = ['redis', 'redlock', 'fenced'] as const;

const db = sharedDb();
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
  [userId = 0] = await db('users').insert({ name: 'Slow' });
});

const request = () => ({ kind: 'pay', userId, amount, requestId: randomUUID() }) as const;
const { signal } = new AbortController();

/** A pay whose charge takes `takesMs` in virtual time. @param meanwhile runs at the end of that time. */
function pay(name: (typeof leasedModes)[number], takesMs: number, meanwhile = async () => {}) {
  const charge: Processor['charge'] = async (...args) => {
    const made = await payer.processor.charge(...args);
    await time.pass(takesMs);
    await meanwhile();
    return made;
  };
  const processor = { ...payer.processor, charge };
  const service = createPaymentService({ processor, lockKey: 'payment', lockWaitMs: 0 });
  return service.execute({ ...request(), mode: payer.modes[name], signal });
}

const user = async () => {
  const { paid, balance } = (await createUsers(createStatements(db, 30_000)).find(userId)) ?? {};
  return { paid, balance };
};

describe.each(leasedModes)('%s: a pay that takes longer than the TTL', (name) => {
  test('renews its lease while it lasts, and is paid; a rival waits', async () => {
    let rivalOutcome: unknown;
    const outcome = await pay(name, 2.5 * lockTtlMs, async () => {
      const service = createPaymentService({ processor: rival.processor, lockKey: 'payment', lockWaitMs: 0 });
      rivalOutcome = await service.execute({ ...request(), mode: rival.modes[name], signal });
    });
    expect(rivalOutcome).toMatchObject({ outcome: 'lock-busy' });
    expect(outcome).toEqual({ outcome: 'answered', answer: 'paid' });
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
  expect(await pay('fenced', lockMaxHoldMs + 1)).toEqual({ outcome: 'answered', answer: 'paid' });
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
