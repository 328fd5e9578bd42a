import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newUser } from '../testing/client.ts';
import { killable } from '../testing/kill-connection.ts';
import { openModes, pausableRuntime, sharedModes, type TestModes } from '../testing/lock-modes.ts';
import { answered, execute as executeOn, firstTimeOnly, interrupted, paidAndBalance } from '../testing/payments.ts';
import { sharedDb, sharedRedis } from '../testing/shared.ts';
import type { Command } from './decide.ts';

const amount = 4900;
const db = sharedDb();
const redis = sharedRedis();
const connection = killable(db);
const { here: rivals } = await sharedModes();
let victim: TestModes;
const clock = pausableRuntime();
const lockTtlMs = 10_000;
let userId: number;

beforeAll(async () => {
  victim = await openModes({ lockTtlMs, runtime: clock.runtime, wrapTransactions: connection.wrap });
});
afterAll(() => victim?.close());
beforeEach(async () => {
  userId = await newUser();
});

/** Makes the victim lose its hold, so that its next write is refused. */
const loseHold = {
  // The lease has expired by the victim's own clock, and the key is gone from Redis.
  async redis() {
    await redis.del(`PAYMENT_${userId}_${amount}`);
    clock.pauseFor(lockTtlMs);
  },
  fenced: () => redis.del(`PAYMENT_${userId}_${amount}`), // the next reader registers a higher token
  row: () => connection.kill(),
  version: async () => {}, // blocks no rival
} as const;
type Mode = keyof typeof loseHold;

type Kind = Command['kind'];
interface RunOptions {
  /** Runs once, after the first act and before its answer. */
  readonly meanwhile?: () => Promise<unknown>;
  readonly lockWaitMs?: number;
}

/** A rival's request for another amount. */
const rivalOfOtherAmount = (mode: Mode, kind: Kind) =>
  executeOn(kind, { userId, amount: 100, mode: rivals.modes[mode], processor: rivals.processor });

function execute(mode: Mode, kind: Kind, { meanwhile, lockWaitMs = 60_000 }: RunOptions = {}) {
  const { processor, modes } = meanwhile ? victim : rivals;
  // Interrupt only the request's own act, not the refund by which a pay takes its charge back.
  const act = kind === 'pay' ? 'charged' : 'refunded';
  const interruptedAct = interrupted(processor, meanwhile ? { [act]: firstTimeOnly(meanwhile) } : {});
  return executeOn(kind, { userId, mode: modes[mode], processor: interruptedAct, lockWaitMs });
}
const chargesMade = async () => (await db('charges').where({ user_id: userId })).length;
const user = () => paidAndBalance(userId);

describe.each(Object.keys(loseHold) as Mode[])('%s: after a refused write', (mode) => {
  // No write may be decided on a stale read.
  afterEach(async () => {
    const writes = await db('flag_writes').where({ user_id: userId });
    expect(writes.filter((write) => write.read_version !== write.overwritten_version)).toEqual([]);
  });

  const rival = async (kind: Kind) => expect(await execute(mode, kind)).toMatchObject({ outcome: 'answered' });
  /** The victim loses its hold, then rivals run these commands one after the other. */
  const then =
    (...kinds: Kind[]) =>
    async () => {
      await loseHold[mode]();
      for (const kind of kinds) await rival(kind);
    };

  test('a pay takes its charge back, retries and finds that a rival has paid', async () => {
    expect(await execute(mode, 'pay', { meanwhile: then('pay') })).toEqual(answered('already_paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(2); // the rival's is open
  });

  test('a pay takes its charge back, retries and pays', async () => {
    // A rival that pays and cancels another amount leaves the victim's charge open.
    const payAndCancel = async () => {
      await loseHold[mode]();
      expect(await rivalOfOtherAmount(mode, 'pay')).toEqual(answered('paid'));
      expect(await rivalOfOtherAmount(mode, 'cancel')).toEqual(answered('cancelled'));
    };
    expect(await execute(mode, 'pay', { meanwhile: payAndCancel })).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(3);
  });

  test('a pay whose charge a rival refunded is stale, and does not charge again', async () => {
    expect(await execute(mode, 'pay', { meanwhile: then('cancel') })).toEqual({ outcome: 'stale-write' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await chargesMade()).toBe(1);
  });

  test('a pay whose charge a rival refunded leaves a newer payment alone', async () => {
    expect(await execute(mode, 'pay', { meanwhile: then('cancel', 'pay') })).toEqual({ outcome: 'stale-write' });
    expect(await user()).toEqual({ paid: true, balance: amount });
  });

  test('a cancel does not cancel a payment of another amount', async () => {
    const cancelled = async () => {
      await loseHold[mode]();
      expect(await rivalOfOtherAmount(mode, 'pay')).toEqual(answered('paid'));
      expect(await execute(mode, 'cancel')).toEqual(answered('nothing_to_cancel'));
    };
    expect(await execute(mode, 'pay', { meanwhile: cancelled })).toEqual(answered('already_paid'));
    expect(await user()).toEqual({ paid: true, balance: 100 });
  });

  test('a pay that is refused for its whole wait leaves nothing behind', async () => {
    const meanwhile = then('pay');
    const outcome = await execute(mode, 'pay', { meanwhile, lockWaitMs: 0 });
    expect(outcome).toEqual(mode === 'redis' ? { outcome: 'lease-lost' } : { outcome: 'lock-busy', retryAfterMs: 0 });
    expect(await user()).toEqual({ paid: true, balance: amount }); // the rival's
  });

  describe('a cancel that has already refunded', () => {
    beforeEach(() => rival('pay'));

    test('retries, and finds that a rival has finished it', async () => {
      expect(await execute(mode, 'cancel', { meanwhile: then('cancel') })).toEqual(answered('nothing_to_cancel'));
      expect(await user()).toEqual({ paid: false, balance: 0 });
    });

    test('retries, and cancels a newer payment', async () => {
      expect(await execute(mode, 'cancel', { meanwhile: then('cancel', 'pay') })).toEqual(answered('cancelled'));
      expect(await user()).toEqual({ paid: false, balance: 0 });
      expect(await chargesMade()).toBe(2);
    });

    test('is unfinished if its write is refused for its whole wait', async () => {
      const outcome = await execute(mode, 'cancel', { meanwhile: then('cancel', 'pay'), lockWaitMs: 0 });
      expect(outcome).toEqual({ outcome: 'unfinished', cause: expect.any(Error) });
      expect(await user()).toEqual({ paid: true, balance: amount }); // the rival's payment
    });
  });
});

/** Modes in which a hold can be lost without a rival: the first write is refused, and no other request has run. */
describe.each(['redis', 'row'] as const)('%s: after a hold that was lost without a rival', (mode) => {
  test('a pay takes its charge back, retries and pays', async () => {
    expect(await execute(mode, 'pay', { meanwhile: loseHold[mode] })).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(2);
  });

  test('a cancel that has already refunded retries and clears the flag', async () => {
    await execute(mode, 'pay');
    expect(await execute(mode, 'cancel', { meanwhile: loseHold[mode] })).toEqual(answered('cancelled'));
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});
