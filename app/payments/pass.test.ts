import { describe, expect, test } from 'vitest';
import type { Account } from './account.ts';
import { attempt } from './pass.ts';

/** A cancel of 4900, on what it reads; everything that it does is written down. */
async function cancel(basis: Account, { begun }: { begun: boolean }) {
  const done: string[] = [];
  const account = {
    read: async () => basis,
    write: async (paid: boolean) => {
      done.push(`wrote ${paid ? 'paid' : 'free'}`);
      return 'written' as const;
    },
  };
  const act = async (): Promise<never> => Promise.reject(new Error('nothing of this is to be charged or refunded'));
  const deps = { gateway: { charge: act, refund: act }, userId: 7, call: { requestId: 'r' }, begun };
  return { pass: await attempt(account, { kind: 'cancel', amount: 4900 }, deps), done };
}

const nothingToCancel = { pass: { outcome: 'answered', answer: 'nothing_to_cancel' }, done: [] };
const otherAmount = { id: 2, amount: 100 };

describe('a cancel that finds a charge of another amount open', () => {
  const unpaid: Account = { paid: true, version: 3, openCharges: [otherAmount] };

  test('clears the flag that it has begun to cancel, as the charge is no part of what the flag says', async () => {
    expect(await cancel(unpaid, { begun: true })).toEqual({
      pass: { outcome: 'answered', answer: 'cancelled' },
      done: ['wrote free'],
    });
  });

  test('leaves the flag to whoever has begun', async () => {
    expect(await cancel(unpaid, { begun: false })).toEqual(nothingToCancel);
  });

  test('leaves a newer payment alone, whatever it has begun', async () => {
    expect(await cancel({ ...unpaid, paidBy: otherAmount }, { begun: true })).toEqual(nothingToCancel);
  });

  test('leaves a free user alone, whatever it has begun', async () => {
    expect(await cancel({ ...unpaid, paid: false }, { begun: true })).toEqual(nothingToCancel);
  });
});
