import { beforeEach, describe, expect, test } from 'vitest';
import type { Processor } from '../payments/processor.ts';
import { newUser } from '../testing/client.ts';
import { sharedModes } from '../testing/lock-modes.ts';
import { execute as executeOn, firstTimeOnly, interrupted, paidAndBalance } from '../testing/payments.ts';

const amount = 4900;
const { here } = await sharedModes();
let userId: number;
beforeEach(async () => {
  userId = await newUser();
});

const user = () => paidAndBalance(userId);

/** @param charged runs once, before the first charge is answered; `refunding` before the first refund. */
async function execute(
  mode: 'conditional' | 'version',
  kind: 'pay' | 'cancel',
  {
    charged = async () => {},
    refunding = async () => {},
  }: Partial<Record<'charged' | 'refunding', () => Promise<unknown>>> = {},
) {
  const beforeRefund = firstTimeOnly(refunding);
  const processor: Processor = {
    ...interrupted(here.processor, { charged: firstTimeOnly(charged) }),
    refund: (...args) => beforeRefund().then(() => here.processor.refund(...args)),
  };
  const outcome = await executeOn(kind, { userId, mode: here.modes[mode], processor });
  return outcome.outcome === 'answered' ? outcome.answer : outcome.outcome;
}

describe('unpaid over unpaid: a cancel refunds a charge before its pay writes (AABBBA)', () => {
  const race = (mode: 'conditional' | 'version') =>
    execute(mode, 'pay', { charged: async () => expect(await execute(mode, 'cancel')).toBe('cancelled') });

  test('conditional: the user has access and has paid nothing', async () => {
    expect(await race('conditional')).toBe('paid');
    expect(await user()).toEqual({ paid: true, balance: 0 });
  });

  test('version: the write of the pay is refused', async () => {
    expect(await race('version')).toBe('stale-write');
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});

describe('ABA: during a cancel, the payment is cancelled and made again', () => {
  beforeEach(() => execute('version', 'pay'));
  const race = (mode: 'conditional' | 'version') =>
    execute(mode, 'cancel', {
      async refunding() {
        expect(await execute(mode, 'cancel')).toBe('cancelled');
        expect(await execute(mode, 'pay')).toBe('paid');
      },
    });

  test('conditional: the user is charged and has no access', async () => {
    expect(await race('conditional')).toBe('cancelled');
    expect(await user()).toEqual({ paid: false, balance: amount });
  });

  test('version: the write of the cancel is refused, and it cancels the new payment', async () => {
    expect(await race('version')).toBe('cancelled');
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});
