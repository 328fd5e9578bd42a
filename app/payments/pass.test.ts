import { describe, expect, test } from 'vitest';
import type { Account, FlagChange } from './account.ts';
import { runPass } from './pass.ts';

/** Runs one pass of a cancel of 4900 on this account, and records its writes. */
async function cancel(account: Account, { begun }: { begun: boolean }) {
  const done: string[] = [];
  const guarded = {
    read: async () => account,
    write: async ({ paid }: FlagChange) => {
      done.push(`wrote ${paid ? 'paid' : 'unpaid'}`);
      return 'written' as const;
    },
  };
  const act = async (): Promise<never> => Promise.reject(new Error('the processor must not be called'));
  const deps = {
    processor: { charge: act, refund: act },
    userId: 7,
    call: { attempt: { id: 'a', requestId: 'r' } },
    begun,
  };
  return { pass: await runPass(guarded, { kind: 'cancel', amount: 4900 }, deps), done };
}

const nothingToCancel = { pass: { outcome: 'answered', answer: 'nothing_to_cancel' }, done: [] };
const otherAmount = { id: 2, amount: 100 };

describe('a cancel that finds a charge of another amount open', () => {
  const unpaid: Account = { paid: true, version: 3, openCharges: [otherAmount] };

  test('clears the flag it has begun to cancel', async () => {
    expect(await cancel(unpaid, { begun: true })).toEqual({
      pass: { outcome: 'answered', answer: 'cancelled' },
      done: ['wrote unpaid'],
    });
  });

  test('leaves the flag alone if it has refunded nothing yet', async () => {
    expect(await cancel(unpaid, { begun: false })).toEqual(nothingToCancel);
  });

  test('leaves a newer payment alone', async () => {
    expect(await cancel({ ...unpaid, paidBy: otherAmount }, { begun: true })).toEqual(nothingToCancel);
  });

  test('leaves an unpaid user alone', async () => {
    expect(await cancel({ ...unpaid, paid: false }, { begun: true })).toEqual(nothingToCancel);
  });
});
