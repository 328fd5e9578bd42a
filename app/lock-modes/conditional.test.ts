import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createStatements } from '../database/statements.ts';
import type { Processor } from '../payments/processor.ts';
import { createPaymentService } from '../payments/service.ts';
import { createUsers } from '../payments/users.ts';
import { sharedModes } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';

const amount = 4900;
const db = sharedDb();
const { here } = await sharedModes();
let userId: number;
beforeEach(async () => {
  [userId = 0] = await db('users').insert({ name: 'Conditional' });
});

const user = async () => {
  const { paid, balance } = (await createUsers(createStatements(db, 30_000)).find(userId)) ?? {};
  return { paid, balance };
};
const { signal } = new AbortController();

/** @param meanwhile runs once, before the answer of the first call to the processor. */
async function execute(
  mode: 'conditional' | 'version',
  kind: 'pay' | 'cancel',
  meanwhile: Partial<Record<'charged' | 'refunding', () => Promise<unknown>>> = {},
) {
  let { charged, refunding } = meanwhile;
  const processor: Processor = {
    async charge(...args) {
      const made = await here.processor.charge(...args);
      const then = charged;
      charged = undefined;
      await then?.();
      return made;
    },
    async refund(...args) {
      const first = refunding;
      refunding = undefined;
      await first?.();
      return here.processor.refund(...args);
    },
  };
  const service = createPaymentService({ processor, lockKey: 'payment', lockWaitMs: 60_000 });
  const outcome = await service.execute({
    ...{ kind, userId, amount, requestId: randomUUID() },
    ...{ mode: here.modes[mode], signal },
  });
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
