import { beforeEach, expect, test } from 'vitest';
import { createStatements } from '../database/statements.ts';
import { newUser } from '../testing/client.ts';
import { newCall } from '../testing/lock-modes.ts';
import { sharedDb } from '../testing/shared.ts';
import { createProcessor, maxTries, type Processor } from './processor.ts';

const db = sharedDb();
let userId: number;
beforeEach(async () => {
  userId = await newUser();
});

/** @param calls counts the statements that charge or refund. */
function processorOf({ lostAnswers = 0, calls = { count: 0 } }): Processor {
  const statements = createStatements(db, 30_000);
  const counted = {
    ...statements,
    change: (...args: Parameters<typeof statements.change>) => {
      calls.count += 1;
      return statements.change(...args);
    },
  };
  return createProcessor(counted, { instance: 'test', gatewayMs: 0, lostAnswers });
}
const charges = () => db('charges').where({ user_id: userId });

test('charges once for a key, and gives the first answer again', async () => {
  const processor = processorOf({});
  const call = newCall();
  const first = await processor.charge(userId, 4900, call);
  expect(await processor.charge(userId, 9900, { ...newCall(), key: call.key })).toEqual(first);
  expect(await charges()).toMatchObject([{ id: first.id, amount: 4900, processor_key: call.key }]);
  expect((await processor.charge(userId, 4900, newCall())).id).not.toBe(first.id);
});

test('keys differ by case', async () => {
  const processor = processorOf({});
  for (const key of [`Order-${userId}`, `order-${userId}`]) await processor.charge(userId, 4900, { ...newCall(), key });
  expect(await charges()).toHaveLength(2);
});

test('refunds a charge once: again for the same key, refused for another', async () => {
  const processor = processorOf({});
  const { id } = await processor.charge(userId, 4900, newCall());
  const call = newCall();
  expect(await processor.refund(id, call)).toBe('refunded');
  expect(await processor.refund(id, { ...newCall(), key: call.key })).toBe('refunded');
  expect(await processor.refund(id, newCall())).toBe('refused');
  expect(await db('refunds').where({ charge_id: id })).toHaveLength(1);
});

test('repeats a call whose answer is lost, with one effect, and gives up after a few tries', async () => {
  const calls = { count: 0 };
  await expect(processorOf({ lostAnswers: 1, calls }).charge(userId, 4900, newCall())).rejects.toMatchObject({
    code: 'ETIMEDOUT',
  });
  expect(calls.count).toBe(maxTries);
  expect(await charges()).toHaveLength(1);
});

test('has one effect for each key, whichever answers are lost', async () => {
  const processor = processorOf({ lostAnswers: 0.5 });
  await Promise.all(Array.from({ length: 20 }, () => processor.charge(userId, 4900, newCall()).catch(() => {})));
  expect(await charges()).toHaveLength(20);
});
