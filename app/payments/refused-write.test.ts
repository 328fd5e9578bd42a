import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements } from '../database/statements.ts';
import { killable } from '../testing/kill-connection.ts';
import { openModes, pausableRuntime, type TestModes } from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import type { Command } from './decide.ts';
import type { Gateway } from './processor.ts';
import type { Outcome } from './outcome.ts';
import { createPaymentService } from './service.ts';
import { createUsers } from './users.ts';

const amount = 4900;
let db: Knex;
let redis: Redis;
let victim: TestModes;
let rivals: TestModes;
let connection: ReturnType<typeof killable>;
const clock = pausableRuntime();
const lockTtlMs = 10_000;
let userId: number;

beforeAll(async () => {
  db = openDatabase({ url: testStack().mysqlUrl, poolMax: 4, timeoutMs: 30_000, say: () => {} });
  redis = new Redis(testStack().redisUrl);
  connection = killable(db);
  victim = await openModes({ lockTtlMs, runtime: clock.runtime, transactionsThrough: connection.through });
  rivals = await openModes();
});
afterAll(async () => {
  redis.disconnect();
  await Promise.all([victim.close(), rivals.close(), db.destroy()]);
});
beforeEach(async () => {
  [userId = 0] = await db('users').insert({ name: 'Refused' });
});

/** How each mode that can refuse a write comes to do so: what becomes of the victim's hold before its rivals go on. */
const loseHold = {
  // The lease is over by the victim's own clock, and Redis has forgotten the key.
  async redis() {
    await redis.del(`PAYMENT_${userId}_${amount}`);
    clock.pauseFor(lockTtlMs);
  },
  fenced: () => redis.del(`PAYMENT_${userId}_${amount}`), // and the row goes by the token of whoever reads next
  row: () => connection.kill(),
  version: async () => {}, // nothing holds a rival up
} as const;
type Mode = keyof typeof loseHold;

type Kind = Command['kind'];
interface Settling {
  /** Happens once, after the first act and before its answer is there. */
  readonly meanwhile?: () => Promise<unknown>;
  readonly lockWaitMs?: number;
}

/** A rival's request at another price. */
function atOtherPrice(mode: Mode, kind: Kind): Promise<Outcome> {
  const service = createPaymentService({ gateway: rivals.gateway, lockKey: 'payment', lockWaitMs: 60_000 });
  const { signal } = new AbortController();
  return service.settle({ kind, userId, amount: 100, requestId: randomUUID(), mode: rivals.modes[mode], signal });
}

function settle(mode: Mode, kind: Kind, { meanwhile, lockWaitMs = 60_000 }: Settling = {}) {
  const instance = meanwhile ? victim : rivals;
  let acts = 0;
  const interrupted = async () => {
    if (acts++ === 0) await meanwhile?.();
  };
  // Only the act that the request came for, and not the refund by which a pay takes its charge back.
  const gateway: Gateway = {
    async charge(...args) {
      const charge = await instance.gateway.charge(...args);
      await interrupted();
      return charge;
    },
    async refund(...args) {
      const result = await instance.gateway.refund(...args);
      if (kind === 'cancel') await interrupted();
      return result;
    },
  };
  const service = createPaymentService({ gateway, lockKey: 'payment', lockWaitMs });
  const { signal } = new AbortController();
  return service.settle({ kind, userId, amount, requestId: randomUUID(), mode: instance.modes[mode], signal });
}

const answered = (answer: 'paid' | 'already_paid' | 'cancelled' | 'nothing_to_cancel'): Outcome => ({
  outcome: 'answered',
  answer,
});
const chargesMade = async () => (await db('charges').where({ user_id: userId })).length;
const user = async () => {
  const found = await createUsers(createStatements(db, 30_000)).find(userId);
  return found && { paid: found.paid, balance: found.balance };
};

describe.each(Object.keys(loseHold) as Mode[])('in the mode %s, after a write that was refused', (mode) => {
  // Whatever the requests did: no write was decided on an outdated read.
  afterEach(async () => {
    const writes = await db('flag_writes').where({ user_id: userId });
    expect(writes.filter((write) => write.read_version !== write.overwritten_version)).toEqual([]);
  });

  const rival = async (kind: Kind) => expect(await settle(mode, kind)).toMatchObject({ outcome: 'answered' });
  /** The victim's hold is lost, and then rivals do these, one after the other. */
  const then =
    (...kinds: Kind[]) =>
    async () => {
      await loseHold[mode]();
      for (const kind of kinds) await rival(kind);
    };

  test('a pay takes its own charge back, starts again, and finds that a rival has paid', async () => {
    expect(await settle(mode, 'pay', { meanwhile: then('pay') })).toEqual(answered('already_paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(2); // the rival's is the one that is open
  });

  test('a pay takes its own charge back, starts again, and pays', async () => {
    // A rival that pays and cancels at another price leaves the victim's own charge open.
    const otherPrice = async () => {
      await loseHold[mode]();
      expect(await atOtherPrice(mode, 'pay')).toEqual(answered('paid'));
      expect(await atOtherPrice(mode, 'cancel')).toEqual(answered('cancelled'));
    };
    expect(await settle(mode, 'pay', { meanwhile: otherPrice })).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(3);
  });

  test('a pay whose charge was refunded by somebody else is a stale write, and does not charge once more', async () => {
    expect(await settle(mode, 'pay', { meanwhile: then('cancel') })).toEqual({ outcome: 'stale-write' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await chargesMade()).toBe(1);
  });

  test('a pay whose charge was refunded by somebody else leaves a newer payment alone', async () => {
    expect(await settle(mode, 'pay', { meanwhile: then('cancel', 'pay') })).toEqual({ outcome: 'stale-write' });
    expect(await user()).toEqual({ paid: true, balance: amount });
  });

  test('a pay that lost to one at another price is no reason to cancel that one', async () => {
    const cancelled = async () => {
      await loseHold[mode]();
      expect(await atOtherPrice(mode, 'pay')).toEqual(answered('paid'));
      expect(await settle(mode, 'cancel')).toEqual(answered('nothing_to_cancel'));
    };
    expect(await settle(mode, 'pay', { meanwhile: cancelled })).toEqual(answered('already_paid'));
    expect(await user()).toEqual({ paid: true, balance: 100 });
  });

  test('a pay that is refused until its wait is over is as if it had never come', async () => {
    const meanwhile = then('pay');
    const outcome = await settle(mode, 'pay', { meanwhile, lockWaitMs: 0 });
    expect(outcome).toEqual({ outcome: 'lock-busy', retryAfterMs: 0 });
    expect(await user()).toEqual({ paid: true, balance: amount }); // the rival's
  });

  describe('a cancel that has refunded already', () => {
    beforeEach(() => rival('pay'));

    test('starts again, and finds that a rival has finished it', async () => {
      expect(await settle(mode, 'cancel', { meanwhile: then('cancel') })).toEqual(answered('nothing_to_cancel'));
      expect(await user()).toEqual({ paid: false, balance: 0 });
    });

    test('starts again, and cancels the payment that came in between', async () => {
      expect(await settle(mode, 'cancel', { meanwhile: then('cancel', 'pay') })).toEqual(answered('cancelled'));
      expect(await user()).toEqual({ paid: false, balance: 0 });
      expect(await chargesMade()).toBe(2);
    });

    test('is unfinished, if its write was refused until its wait was over', async () => {
      const outcome = await settle(mode, 'cancel', { meanwhile: then('cancel', 'pay'), lockWaitMs: 0 });
      expect(outcome).toEqual({ outcome: 'unfinished', cause: expect.any(Error) });
      expect(await user()).toEqual({ paid: true, balance: amount }); // the rival's payment, which it has not touched
    });
  });
});

/** Where a hold can be lost without a rival: the first write is refused, and nobody else has done anything. */
describe.each(['redis', 'row'] as const)('in the mode %s, after a hold that was lost to nobody', (mode) => {
  test('a pay takes its own charge back, starts again, and pays', async () => {
    expect(await settle(mode, 'pay', { meanwhile: loseHold[mode] })).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(2);
  });

  test('a cancel that has refunded already starts again, and clears the flag', async () => {
    await settle(mode, 'pay');
    expect(await settle(mode, 'cancel', { meanwhile: loseHold[mode] })).toEqual(answered('cancelled'));
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});
