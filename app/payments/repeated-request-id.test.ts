import pino from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { createStatements } from '../database/statements.ts';
import { createRepairStore, repairUser } from '../jobs/reconcile/repair.ts';
import { newUser } from '../testing/client.ts';
import { newCall, sharedModes } from '../testing/lock-modes.ts';
import { answered, execute as executeOn, firstTimeOnly, interrupted, paidAndBalance } from '../testing/payments.ts';
import { sharedDb } from '../testing/shared.ts';

const { here: instance } = await sharedModes();
let userId: number;
beforeEach(async () => {
  userId = await newUser();
});

const user = () => paidAndBalance(userId);

interface RequestOptions {
  readonly mode?: 'version' | 'redis';
  /** Runs between the charge and the write. */
  readonly meanwhile?: () => Promise<unknown>;
}

function execute(
  kind: 'pay' | 'cancel',
  amount: number,
  requestId: string,
  { mode = 'version', meanwhile = async () => {} }: RequestOptions = {},
) {
  const processor = interrupted(instance.processor, { charged: firstTimeOnly(meanwhile) });
  return executeOn(kind, { userId, amount, requestId, mode: instance.modes[mode], processor });
}

test('a cancel never takes another charge with the same request id for the one that paid', async () => {
  const meanwhile = async () => {
    expect(await execute('pay', 4900, 'dup')).toEqual(answered('paid'));
    expect(await execute('cancel', 100, 'c')).toEqual(answered('nothing_to_cancel'));
  };
  expect(await execute('pay', 100, 'dup', { meanwhile })).toEqual(answered('already_paid'));
  expect(await user()).toEqual({ paid: true, balance: 4900 });
});

/** Leaves a charge of 100 behind, made by a request `Order-9` that died before its write. */
const dieAfterCharge = () => instance.processor.charge(userId, 100, newCall('Order-9'));

test('a cancel finds what a request with almost the same id has paid', async () => {
  await dieAfterCharge();
  expect(await execute('pay', 4900, 'order-9', { mode: 'redis' })).toEqual(answered('paid'));
  expect(await execute('cancel', 4900, 'c', { mode: 'redis' })).toEqual(answered('cancelled'));
  expect(await user()).toEqual({ paid: false, balance: 100 });
});

test('reconcile refunds the charge that did not pay for the access', async () => {
  await dieAfterCharge();
  expect(await execute('pay', 4900, 'order-9', { mode: 'redis' })).toEqual(answered('paid'));
  const { processor, modes } = instance;
  const deps = {
    store: createRepairStore(createStatements(sharedDb(), 30_000)),
    processor,
    mode: modes.redis,
    lockKey: 'payment',
    lockWaitMs: 60_000,
  } as const;
  const { signal } = new AbortController();
  await repairUser(userId, { ...deps, afterMs: -1000 }, { signal, log: pino({ level: 'silent' }) });
  expect(await user()).toEqual({ paid: true, balance: 4900 });
});
