import { type Connection, createConnection } from 'mysql2/promise';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { readUnfinishedCharges, readWrites } from './records.ts';

const { mysqlUrl } = testStack();
let db: Connection;
let userId: number;
beforeEach(async () => {
  db = await createConnection(mysqlUrl);
  const [made] = await db.query("INSERT INTO users (name) VALUES ('Recorded')");
  userId = (made as { insertId: number }).insertId;
});
afterEach(() => db.end());

const write = (paid: number, readVersion: number, requestId: string) =>
  db.query('UPDATE users SET paid = ?, version = version + 1, read_version = ?, request_id = ? WHERE id = ?', [
    ...[paid, readVersion, requestId, userId],
  ]);
const charge = async (requestId: string) => {
  const [made] = await db.query(
    "INSERT INTO charges (user_id, amount, request_id, instance) VALUES (?, 4900, ?, 'app-1')",
    [userId, requestId],
  );
  return (made as { insertId: number }).insertId;
};
const refund = (chargeId: number) =>
  db.query("INSERT INTO refunds (charge_id, request_id, instance) VALUES (?, 'r', 'app-1')", [chargeId]);
const own = <T extends { userId: number }>(rows: readonly T[]) => rows.filter((row) => row.userId === userId);

test('reads each write with its request, read version and overwritten version', async () => {
  await write(1, 0, 'pay');
  await write(0, 0, 'late');
  expect(own(await readWrites(mysqlUrl))).toEqual([
    { userId, requestId: 'pay', readVersion: 0, overwroteVersion: 0 },
    { userId, requestId: 'late', readVersion: 0, overwroteVersion: 1 },
  ]);
});

test('lists an unfinished charge until it is refunded or its user has access', async () => {
  await refund(await charge('taken-back'));
  const chargeId = await charge('died');
  const unfinished = [{ chargeId, userId, amount: 4900, requestId: 'died' }];
  expect(own(await readUnfinishedCharges(mysqlUrl))).toEqual(unfinished);
  await write(1, 0, 'died');
  expect(own(await readUnfinishedCharges(mysqlUrl))).toEqual([]);
  await write(0, 1, 'cancel');
  expect(own(await readUnfinishedCharges(mysqlUrl))).toEqual(unfinished);
  await refund(chargeId);
  expect(own(await readUnfinishedCharges(mysqlUrl))).toEqual([]);
});
