import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { createStatements } from '../database/statements.ts';
import { createTransactions } from '../database/transactions.ts';
import { createLockModes, type LockMode } from '../lock-modes/index.ts';
import { openRedis } from '../redis.ts';
import { pausableRuntime } from '../testing/lock-modes.ts';
import { testStack } from '../testing/stack.ts';
import { createAccountRows } from './account-transactions.ts';
import { createAccountStore } from './accounts.ts';
import { createGateway, type Gateway } from './processor.ts';
import { createPaymentService, lockKeyFor } from './service.ts';
import { createUsers } from './users.ts';

const amount = 4900;
const lockTtlMs = 10_000;
const clock = pausableRuntime();
let db: Knex;
let redis: Redis;
let gateway: Gateway;
let userId: number;

function database(url = testStack().mysqlUrl): Knex {
  return openDatabase({ url, poolMax: 10, timeoutMs: 30_000, say: () => {} });
}

beforeAll(async () => {
  db = database();
  redis = openRedis({ url: testStack().redisUrl, timeoutMs: 30_000, warn: () => {} });
  gateway = createGateway(createStatements(db, 30_000), { instance: 'service', gatewayMs: 0 });
  await once(redis, 'ready');
});
afterAll(async () => {
  redis.disconnect();
  await db.destroy();
});
beforeEach(async () => {
  [userId = 0] = await db('users').insert({ name: 'Service' });
});

/** The redis mode: it can refuse a write. */
function redisMode(accountsDb = db): LockMode {
  const accounts = createAccountStore(createStatements(accountsDb, 30_000), 'service');
  const rows = createAccountRows(createTransactions(accountsDb, 30_000), 'service');
  return createLockModes({ accounts, rows, redis, lockTtlMs, redisTimeoutMs: 30_000, runtime: clock.runtime }).redis;
}

interface Settling {
  /** Takes the place of the gateway's own calls, to have something happen between the act and the write. */
  readonly through?: Partial<Gateway>;
  readonly mode?: LockMode;
  readonly lockWaitMs?: number;
}

function settle(kind: 'pay' | 'cancel', { through = {}, mode = redisMode(), lockWaitMs = 60_000 }: Settling = {}) {
  const service = createPaymentService({ gateway: { ...gateway, ...through }, lockKey: 'payment', lockWaitMs });
  const { signal } = new AbortController();
  return service.settle({ kind, userId, amount, requestId: randomUUID(), mode, signal });
}

/** The gateway's charge, after which something happens before the answer is there. */
function chargeThen(then: () => Promise<unknown>): Gateway['charge'] {
  return async (...args) => {
    const charge = await gateway.charge(...args);
    await then();
    return charge;
  };
}

/** The same for a refund. */
function refundThen(then: () => Promise<unknown>): Gateway['refund'] {
  return async (...args) => {
    const result = await gateway.refund(...args);
    await then();
    return result;
  };
}

/** Does it the first time only. */
function firstTimeOnly(work: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/** The process is paused until its lease is over, and Redis has forgotten the key. */
async function outliveLease(): Promise<void> {
  await redis.del(lockKeyFor('payment', userId, amount));
  clock.pauseFor(lockTtlMs);
}
const rivalCall = () => ({ requestId: randomUUID() });
const chargesMade = async () => (await db('charges').where({ user_id: userId })).length;
const user = async () => {
  const found = await createUsers(createStatements(db, 30_000)).find(userId);
  return found && { paid: found.paid, balance: found.balance };
};

describe('one at a time', () => {
  test('pays, finds it paid, cancels, finds nothing to cancel', async () => {
    const outcomes = [];
    for (const kind of ['pay', 'pay', 'cancel', 'cancel'] as const) outcomes.push(await settle(kind));
    expect(outcomes).toEqual([
      { outcome: 'answered', answer: 'paid' },
      { outcome: 'answered', answer: 'already_paid' },
      { outcome: 'answered', answer: 'cancelled' },
      { outcome: 'answered', answer: 'nothing_to_cancel' },
    ]);
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await chargesMade()).toBe(1);
  });

  test('says so when there is no such user', async () => {
    userId = 4_000_000_000;
    expect(await settle('pay')).toEqual({ outcome: 'unknown-user' });
  });
});

describe('a pay whose write is refused', () => {
  test('takes its own charge back and starts again from the read', async () => {
    const charge = chargeThen(firstTimeOnly(outliveLease));
    expect(await settle('pay', { through: { charge } })).toEqual({ outcome: 'answered', answer: 'paid' });
    expect(await user()).toEqual({ paid: true, balance: amount });
    expect(await chargesMade()).toBe(2); // the first was taken back
  });

  test('is as if it had never come, when its wait is over', async () => {
    const charge = chargeThen(outliveLease);
    const outcome = await settle('pay', { through: { charge }, lockWaitMs: 0 });
    expect(outcome).toEqual({ outcome: 'lock-busy', retryAfterMs: 0 });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });

  test('is a stale write, when somebody else has refunded the charge: paid and cancelled meanwhile', async () => {
    const charge = chargeThen(async () => {
      await outliveLease();
      expect(await settle('cancel')).toEqual({ outcome: 'answered', answer: 'cancelled' });
    });
    expect(await settle('pay', { through: { charge } })).toEqual({ outcome: 'stale-write' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
    expect(await chargesMade()).toBe(1); // it does not charge a second time
  });
});

describe('a cancel', () => {
  beforeEach(async () => {
    await settle('pay');
  });

  test('whose write is refused starts again from the read, and finishes what it has begun', async () => {
    const refund = refundThen(firstTimeOnly(outliveLease));
    expect(await settle('cancel', { through: { refund } })).toEqual({ outcome: 'answered', answer: 'cancelled' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });

  test('that has refunded and cannot write within its wait is unfinished', async () => {
    const refund = refundThen(outliveLease);
    const outcome = await settle('cancel', { through: { refund }, lockWaitMs: 0 });
    expect(outcome).toEqual({ outcome: 'unfinished', cause: expect.any(Error) });
    expect(await user()).toEqual({ paid: true, balance: 0 }); // for the reconcile job
  });

  test('whose every refund was refused, for a user who was paid at the read, still clears the flag', async () => {
    const refund: Gateway['refund'] = async (id, own) => {
      await gateway.refund(id, rivalCall());
      return gateway.refund(id, own);
    };
    expect(await settle('cancel', { through: { refund } })).toEqual({ outcome: 'answered', answer: 'cancelled' });
    expect(await user()).toEqual({ paid: false, balance: 0 });
  });
});

test('a cancel whose every refund was refused, for a user who was free at the read, starts again from it', async () => {
  const payment = await gateway.charge(userId, amount, rivalCall()); // of a pay that has charged and not yet written
  const rivalRefunds = firstTimeOnly(() => gateway.refund(payment.id, rivalCall()));
  const refund: Gateway['refund'] = async (id, own) => {
    await rivalRefunds();
    return gateway.refund(id, own);
  };
  const outcome = await settle('cancel', { through: { refund } });
  expect(outcome).toEqual({ outcome: 'answered', answer: 'nothing_to_cancel' });
  expect(await db('flag_writes').where({ user_id: userId })).toEqual([]); // it wrote nothing over anybody
});

describe('while the database is away', () => {
  test('a request that has done nothing is unavailable', async () => {
    await using gone = disposable(database('mysql://nobody@127.0.0.1:1/nothing'));
    const outcome = await settle('pay', { mode: redisMode(gone.db) });
    expect(outcome).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    expect(await chargesMade()).toBe(0);
  });

  test('a pay that has charged and cannot write is unfinished and keeps its charge: the write may have got through', async () => {
    await using other = disposable(database());
    const charge = chargeThen(() => other.db.destroy()); // the connection to write on goes away
    const outcome = await settle('pay', { through: { charge }, mode: redisMode(other.db) });
    expect(outcome).toEqual({ outcome: 'unfinished', cause: expect.any(Error) });
    expect(await user()).toEqual({ paid: false, balance: amount });
  });
});

function disposable(knex: Knex) {
  return { db: knex, [Symbol.asyncDispose]: () => knex.destroy() };
}

test('a key is of the user and the amount, or of the user alone', () => {
  expect(lockKeyFor('payment', 7, 4900)).toBe('PAYMENT_7_4900');
  expect(lockKeyFor('user', 7, 4900)).toBe('PAYMENT_7');
});
