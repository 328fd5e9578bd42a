import { describe, expect, test } from 'vitest';
import type { Account, FlagChange } from './account.ts';
import { type PassDeps, processorKeys } from './acts.ts';
import { runPass } from './pass.ts';

const call = { attempt: { id: 'a', requestId: 'r' } };
const deps = { call, keys: processorKeys('a', 1), mayGoOn: () => true, endPass: async () => true };
const single = { ...deps, begun: false, holdsClaim: async () => true, hasKey: false };

/** Runs one pass of a cancel of 4900 on this account, and records its writes. */
async function cancel(account: Account, { begun, recovery }: Pick<PassDeps, 'begun' | 'recovery'>) {
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
    ...single,
    begun,
    recovery,
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

describe('when a step fails', () => {
  const unpaid: Account = { paid: false, version: 0, openCharges: [] };
  const paid: Account = { paid: true, version: 1, openCharges: [{ id: 1, amount: 4900 }] };
  const lost = Object.assign(new Error('the answer was lost'), { code: 'ECONNRESET' });
  const neverSent = Object.assign(new Error('no server there'), { code: 'ECONNREFUSED', syscall: 'connect' });
  const broken = new Error('a mistake in the code');

  interface Steps {
    readonly account?: Account;
    readonly read?: Error;
    readonly act?: Error;
    readonly write?: Error;
  }
  /** Runs a pass whose named steps fail. */
  function pass(kind: 'pay' | 'cancel', { account = unpaid, read, act, write }: Steps) {
    const or = async <T>(error: Error | undefined, value: T): Promise<T> => (error ? Promise.reject(error) : value);
    const guarded = { read: () => or(read, account), write: () => or(write, 'written' as const) };
    const processor = {
      charge: (_: number, amount: number) => or(act, { id: 2, amount }),
      refund: () => or(act, 'refunded' as const),
    };
    return runPass(guarded, { kind, amount: 4900 }, { processor, userId: 7, ...single });
  }

  test('nothing was done if the read or the first act was never answered or sent', async () => {
    expect(await pass('pay', { read: lost })).toEqual({ outcome: 'unavailable', cause: lost });
    expect(await pass('pay', { act: neverSent })).toEqual({ outcome: 'unavailable', cause: neverSent });
    expect(await pass('cancel', { account: paid, act: neverSent })).toEqual({
      outcome: 'unavailable',
      cause: neverSent,
    });
  });

  test('it is unfinished if the act may have taken effect, or has', async () => {
    expect(await pass('pay', { act: lost })).toEqual({ outcome: 'unfinished', cause: lost });
    for (const write of [lost, neverSent, broken]) {
      expect(await pass('pay', { write })).toEqual({ outcome: 'unfinished', cause: write });
      expect(await pass('cancel', { account: paid, write })).toEqual({ outcome: 'unfinished', cause: write });
    }
  });

  test('throws a mistake in the code before anything was done', async () => {
    await expect(pass('pay', { read: broken })).rejects.toBe(broken);
    await expect(pass('pay', { act: broken })).rejects.toBe(broken);
  });
});

test('a cancel whose refunds were all made by a rival starts over', async () => {
  const account: Account = { paid: false, version: 0, openCharges: [{ id: 1, amount: 4900 }] };
  const guarded = { read: async () => account, write: async () => 'written' as const };
  const processor = { charge: () => Promise.reject(new Error('no charge')), refund: async () => 'refused' as const };
  const deps = { processor, userId: 7, ...single };
  expect(await runPass(guarded, { kind: 'cancel', amount: 4900 }, deps)).toEqual({ outcome: 'again', begun: false });
});

describe('the retry of a cancel that has refunded and died', () => {
  const later = { id: 9, amount: 4900 };
  const recovery = {
    previous: undefined,
    findCharge: () => Promise.reject(new Error('a cancel has no charge')),
    findCancel: async () => ({ hasRefunded: true, hasCleared: false, isSuperseded: true, laterCharges: [later.id] }),
  };

  test('leaves a payment alone that was made since', async () => {
    const account: Account = { paid: true, version: 5, openCharges: [later], paidBy: later };
    expect(await cancel(account, { begun: false, recovery })).toEqual(nothingToCancel);
  });

  test('clears the flag, and refunds no charge that was made since', async () => {
    const account: Account = { paid: true, version: 5, openCharges: [later] };
    expect(await cancel(account, { begun: false, recovery })).toEqual({
      pass: { outcome: 'answered', answer: 'cancelled' },
      done: ['wrote unpaid'],
    });
  });
});

// A frozen execution, or a call that was repeated as its answer was lost.
test.each([
  ['the request itself', 'a/pass-1/back', { outcome: 'again', begun: false }],
  ['a cancel', 'b/refund-1', { outcome: 'stale-write' }],
])('gives no access for a repeated charge that %s has refunded', async (_by, refundedBy, result) => {
  const account: Account = { paid: false, version: 0, openCharges: [] };
  const guarded = { read: async () => account, write: () => Promise.reject(new Error('no access')) };
  const processor = {
    charge: async () => ({ id: 1, amount: 4900, refundedBy }),
    refund: () => Promise.reject(new Error('no refund')),
  };
  const deps = { processor, userId: 7, ...single };
  expect(await runPass(guarded, { kind: 'pay', amount: 4900 }, deps)).toEqual(result);
});
