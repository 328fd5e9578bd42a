import { randomUUID } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { recordDatabaseEvents } from './database-events.ts';
import { createEventLog } from './timeline.ts';

/** Inserts the rows that three requests would leave behind. */
async function insertEvents(ids: { readonly a: string; readonly b: string; readonly other: string }): Promise<void> {
  const connection = await createConnection(testStack().mysqlUrl);
  const userId = 2_000_000_000; // no such user
  try {
    const charge = 'INSERT INTO charges (user_id, amount, request_id, instance) VALUES (?, 4900, ?, ?)';
    await connection.query(charge, [userId, ids.other, 'app-3']);
    await connection.query(charge, [userId, ids.a, 'app-1']);
    await connection.query(
      'INSERT INTO refunds (charge_id, request_id, instance) SELECT id, ?, ? FROM charges WHERE request_id = ?',
      [ids.b, 'app-2', ids.a],
    );
    const write =
      'INSERT INTO flag_writes (user_id, paid, read_version, overwritten_version, request_id, instance) VALUES (?, ?, ?, ?, ?, ?)';
    await connection.query(write, [userId, 0, 9, 9, ids.b, 'app-2']);
    await connection.query(write, [userId, 1, 9, 10, ids.a, 'app-1']);
  } finally {
    await connection.end();
  }
}

test('records each request’s events, and whose write a stale write lost', async () => {
  const [a, b, other] = [randomUUID(), randomUUID(), randomUUID()];
  const startedAtMs = performance.now();
  await insertEvents({ a, b, other });
  const writtenMs = performance.now() - startedAtMs;
  const eventLog = createEventLog(startedAtMs);
  const requests = [
    { requestId: a, who: 'A' },
    { requestId: b, who: 'B' },
  ];
  const askedAtMs = performance.now();
  const firsts = await recordDatabaseEvents(testStack().mysqlUrl, requests, eventLog.record);
  const askMs = performance.now() - askedAtMs; // the clocks' offset is known to half of a query's duration

  expect(eventLog.events.map(({ what }) => what)).toEqual([
    'A charges 4900',
    'B refunds the charge of A',
    'B wrote v10 (unpaid), decided on v9',
    'A wrote v11 (paid), decided on v9: v10 (unpaid) by B is lost',
  ]);
  expect(eventLog.events.at(-1)).toMatchObject({ at: 'app-1', version: 11, readVersion: 9, isStale: true, lost: 'B' });
  for (const { atMs } of eventLog.events) {
    expect(atMs).toBeGreaterThan(-askMs);
    expect(atMs).toBeLessThan(writtenMs + askMs);
  }
  expect([...firsts.keys()]).toEqual(['A', 'B']);
  expect((firsts.get('A') ?? 0) - startedAtMs).toBeCloseTo(eventLog.events[0]?.atMs ?? -1, 0);
});

test('does not query the database without requests', async () => {
  expect(await recordDatabaseEvents('mysql://nobody@127.0.0.1:1/nothing', [], () => {})).toEqual(new Map());
});
