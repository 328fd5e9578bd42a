import { once } from 'node:events';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements } from '../database/statements.ts';
import { createTransactions } from '../database/transactions.ts';
import { createLockModes, type Entry, type LockMode } from '../lock-modes/index.ts';
import { openRedis } from '../redis/connection.ts';
import { newUser } from '../testing/client.ts';
import { newCall, pausableRuntime } from '../testing/lock-modes.ts';
import { answered, execute as executeOn, firstTimeOnly, interrupted, paidAndBalance } from '../testing/payments.ts';
import { testStack } from '../testing/stack.ts';
import { createAccountStore } from './accounts.ts';
import { createGuardingConnections } from './guarding-connections.ts';
import { createProcessor, type Processor } from './processor.ts';
import { lockKeyFor } from './service.ts';

const amount = 4900;
const lockTtlMs = 10_000;
const clock = pausableRuntime();
let db: Knex;
let redis: Redis;
let processor: Processor;
let userId: number;

function database(url = testStack().mysqlUrl): Knex {
  return openDatabase({ url, poolMax: 10, timeoutMs: 30_000, say: () => {} });
}

beforeAll(async () => {
  db = database();
  redis = openRedis({ url: testStack().redisUrl, timeoutMs: 30_000, warn: () => {} }) as Redis;
  processor = createProcessor(createStatements(db, 30_000), { instance: 'service', gatewayMs: 0 });
  await once(redis, 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await db.destroy();
});
beforeEach(async () => {
  userId = await newUser();
});

/** The mode `redis`, as one that can refuse a write. */
function redisMode(accountsDb = db): LockMode {
  const accounts = createAccountStore(createStatements(accountsDb, 30_000), 'service');
  const guardingConnections = createGuardingConnections(createTransactions(accountsDb, 30_000), accounts, 'service');
  return createLockModes({
    accounts,
    guardingConnections,
    redis,
    lockTtlMs,
    lockMaxHoldMs: lockTtlMs,
    redisTimeoutMs: 30_000,
    runtime: clock.runtime,
  }).redis;
}

interface RunOptions {
  /** Replaces calls to the processor, to run something between the act and the write. */
  readonly processorCalls?: Partial<Processor>;
  readonly mode?: LockMode;
  readonly lockWaitMs?: number;
  readonly workMaxMs?: number;
}

function execute(
  kind: 'pay' | 'cancel',
  { processorCalls = {}, mode = redisMode(), lockWaitMs = 60_000, workMaxMs = 60_000 }: RunOptions = {},
) {
  return executeOn(kind, { userId, mode, processor: { ...processor, ...processorCalls }, lockWaitMs, workMaxMs });
}

/** A charge and a refund with `then` run before the answer. */
const chargeThen = (then: () => Promise<unknown>) => interrupted(processor, { charged: then }).charge;
const refundThen = (then: () => Promise<unknown>) => interrupted(processor, { refunded: then }).refund;

/** Pauses the process until its lease has expired and the key is gone from Redis. */
async function outliveLease(): Promise<void> {
  await redis.del(lockKeyFor('payment', userId, amount));
  clock.pauseFor(lockTtlMs);
}
const rivalCall = newCall;
const chargesMade = async () => (await db('charges').where({ user_id: userId })).length;
const user = () => paidAndBalance(userId);

describe('requests one at a time', () => {
  test('pay, find it paid, cancel, find nothing to cancel', async () => {
    const outcomes = [];
    for (const kind of ['pay', 'pay', 'cancel', 'cancel'] as const) outcomes.push(await execute(kind));
    expect(outcomes).toEqual((['paid', 'already_paid', 'cancelled', 'nothing_to_cancel'] as const).map(answered));
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await chargesMade()).toBe(1);
  });

  test('pay and cancel a user whose version has 32 bits', async () => {
    const version = 2 ** 32 - 1;
    await db('users').where({ id: userId }).update({ version });
    expect(await execute('pay')).toEqual(answered('paid'));
    expect(await execute('cancel')).toEqual(answered('cancelled'));
    expect(await db('users').where({ id: userId })).toMatchObject([{ version: version + 2 }]);
  });

  test('report an unknown user', async () => {
    userId = 4_000_000_000;
    expect(await execute('pay')).toEqual({ outcome: 'unknown-user' });
  });
});

describe('a pay whose write is refused', () => {
  test('takes its charge back and starts over from the read', async () => {
    const charge = chargeThen(firstTimeOnly(outliveLease));
    expect(await execute('pay', { processorCalls: { charge } })).toEqual(answered('paid'));
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(2); // the first was taken back
  });

  test('leaves nothing behind when its wait is over', async () => {
    const charge = chargeThen(outliveLease);
    const outcome = await execute('pay', { processorCalls: { charge }, lockWaitMs: 0 });
    expect(outcome).toEqual({ outcome: 'lease-lost' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });

  test('is stale if a rival has refunded the charge', async () => {
    const charge = chargeThen(async () => {
      await outliveLease();
      expect(await execute('cancel')).toEqual(answered('cancelled'));
    });
    expect(await execute('pay', { processorCalls: { charge } })).toEqual({ outcome: 'stale-write' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await chargesMade()).toBe(1); // it does not charge a second time
  });
});

describe('a cancel', () => {
  beforeEach(async () => {
    await execute('pay');
  });

  test('whose write is refused starts over from the read and finishes', async () => {
    const refund = refundThen(firstTimeOnly(outliveLease));
    expect(await execute('cancel', { processorCalls: { refund } })).toEqual(answered('cancelled'));
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });

  test('that has refunded and cannot write within its wait is unfinished', async () => {
    const refund = refundThen(outliveLease);
    const outcome = await execute('cancel', { processorCalls: { refund }, lockWaitMs: 0 });
    expect(outcome).toEqual({ outcome: 'unfinished', cause: expect.any(Error) });
    expect(await user()).toEqual({ paid: true, balance: 0 }); // for the reconcile job
  });

  test('whose refunds were all refused still clears the flag of a paid user', async () => {
    const refund: Processor['refund'] = async (id, own) => {
      await processor.refund(id, rivalCall());
      return processor.refund(id, own);
    };
    expect(await execute('cancel', { processorCalls: { refund } })).toEqual(answered('cancelled'));
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});

describe('a cancel of 25 charges', () => {
  beforeEach(async () => {
    for (let made = 0; made < 25; made++) await processor.charge(userId, amount, rivalCall());
  });

  test('has ten refunded at a time', async () => {
    const inProgress = new Set<number>();
    const most: number[] = [];
    const refund: Processor['refund'] = async (id, own) => {
      inProgress.add(id);
      most.push(inProgress.size);
      const result = await processor.refund(id, own);
      inProgress.delete(id);
      return result;
    };
    expect(await execute('cancel', { processorCalls: { refund } })).toEqual(answered('cancelled'));
    expect(Math.max(...most)).toBe(10);
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });

  test('begins nothing more once its time is over, and is unfinished', async () => {
    expect(await execute('cancel', { workMaxMs: 0 })).toEqual({
      outcome: 'unfinished',
      cause: new Error('the time was over after 10 of 25 refunds'),
    });
    expect(await user()).toEqual({ paid: false, balance: 15 * amount }); // for the reconcile job
  });

  test('waits for all refunds, even if one has failed', async () => {
    let answered = 0;
    const failed = new Error('no answer');
    const refund: Processor['refund'] = async (id, own) => {
      if (answered === 0 && own.key.includes('refund')) {
        answered += 1;
        throw failed;
      }
      const result = await processor.refund(id, own);
      answered += 1;
      return result;
    };
    expect(await execute('cancel', { processorCalls: { refund } })).toEqual({ outcome: 'unfinished', cause: failed });
    expect(answered).toBe(10);
  });
});

describe('a cancel that has refunded, and whose write was refused', () => {
  /** The first pass loses its lease; the second one meets this. */
  const second = (then: LockMode['guard']): LockMode => {
    const mode = redisMode();
    let passes = 0;
    return { ...mode, guard: (section, work) => (passes++ === 0 ? mode.guard(section, work) : then(section, work)) };
  };
  beforeEach(() => execute('pay'));

  test.each(['busy', 'unavailable', 'aborted'] as const)('is unfinished if its next pass is %s', async (outcome) => {
    const refund = refundThen(firstTimeOnly(outliveLease));
    const entry = { outcome, retryAfterMs: 0, cause: new Error('no answer') } as Entry<never>;
    expect(await execute('cancel', { processorCalls: { refund }, mode: second(async () => entry) })).toEqual({
      outcome: 'unfinished',
      cause: new Error(`the next pass could not start: ${outcome}`),
    });
  });

  test('is unfinished if its next read is not answered', async () => {
    const refund = refundThen(firstTimeOnly(outliveLease));
    const lost = Object.assign(new Error('lost'), { code: 'ECONNRESET' });
    const unread = { read: () => Promise.reject(lost), write: async () => 'written' as const };
    const mode = second(async (_, work) => ({ outcome: 'done', value: await work(unread) }));
    expect(await execute('cancel', { processorCalls: { refund }, mode })).toEqual({
      outcome: 'unfinished',
      cause: lost,
    });
  });
});

test('a cancel whose refunds were all refused starts over for an unpaid user', async () => {
  const payment = await processor.charge(userId, amount, rivalCall()); // by a pay that has not yet written the flag
  const rivalRefunds = firstTimeOnly(() => processor.refund(payment.id, rivalCall()));
  const refund: Processor['refund'] = async (id, own) => {
    await rivalRefunds();
    return processor.refund(id, own);
  };
  const outcome = await execute('cancel', { processorCalls: { refund } });
  expect(outcome).toEqual(answered('nothing_to_cancel'));
  expect(await db('flag_writes').where({ user_id: userId })).toEqual([]); // it overwrote nothing
});

describe('while the database is down', () => {
  test('a request that has done nothing is unavailable', async () => {
    await using gone = disposable(database('mysql://user@127.0.0.1:1/nothing'));
    const outcome = await execute('pay', { mode: redisMode(gone.db) });
    expect(outcome).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    expect(await chargesMade()).toBe(0);
  });

  test('a pay that has charged and cannot write is unfinished, and keeps its charge', async () => {
    await using other = disposable(database());
    const charge = chargeThen(() => other.db.destroy()); // the write has no connection
    const outcome = await execute('pay', { processorCalls: { charge }, mode: redisMode(other.db) });
    expect(outcome).toEqual({ outcome: 'unfinished', cause: expect.any(Error) });
    expect(await user()).toEqual({ paid: false, balance: amount });
  });
});

function disposable(knex: Knex) {
  return { db: knex, [Symbol.asyncDispose]: () => knex.destroy() };
}

test('the lock key is per user and amount, or per user', () => {
  expect(lockKeyFor('payment', 7, 4900)).toBe('PAYMENT_7_4900');
  expect(lockKeyFor('user', 7, 4900)).toBe('PAYMENT_7');
});
