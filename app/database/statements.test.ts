import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { testStack } from '../testing/stack.ts';
import { soon, until } from '../testing/until.ts';
import { hadNoEffect, isDatabaseUnreachable } from './errors.ts';
import { openDatabase } from './open.ts';
import { createStatements } from './statements.ts';

test('limited statements leave connections to others, and wait for their turn', async () => {
  const { mysqlUrl } = testStack();
  const db = openDatabase({ url: mysqlUrl, poolMax: 3, timeoutMs: 30_000, say: () => {} });
  const [reads, payments] = [createStatements(db, 30_000, 2), createStatements(db, 30_000)];
  await using holder = await createConnection(mysqlUrl);
  await holder.query("SELECT GET_LOCK('statements.test', 0)");
  const slow = "SELECT GET_LOCK('statements.test', 25) + RELEASE_LOCK('statements.test') AS got";
  const all = Promise.all(Array.from({ length: 5 }, () => reads.text(slow)));
  await until('two of them run', () => db.client.pool.numUsed() === 2, soon);
  expect(await payments.text('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await holder.query("SELECT RELEASE_LOCK('statements.test')");
  expect(await all).toEqual(Array(5).fill([{ got: 2 }]));
  await db.destroy();
});

test('a limited statement gives up after its time limit', async () => {
  const db = openDatabase({ url: testStack().mysqlUrl, poolMax: 2, timeoutMs: 30_000, say: () => {} });
  const none = createStatements(db, 0, 0);
  const error = await none.text('SELECT 1').catch((thrown: unknown) => thrown);
  expect([isDatabaseUnreachable(error), hadNoEffect(error)]).toEqual([true, true]);
  await db.destroy();
});
