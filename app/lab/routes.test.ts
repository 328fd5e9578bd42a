import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, heldRequest, sendPayment } from '../testing/client.ts';
import { testStack } from '../testing/stack.ts';
import { soon, until } from '../testing/until.ts';

let users: { id: number }[];
beforeEach(async () => {
  users = (await call('/lab/reset', { json: { users: 3 } })).body.users;
});
afterEach(() => call('/lab/reset', { json: { users: 1 } }));

const audit = async () => (await call('/lab/audit')).body;
const headers = { 'x-lock-mode': 'none', 'x-gateway-ms': '0' };
const firstId = () => users[0]?.id ?? 0;
const post = (command: 'pay' | 'cancel', requestId: string, userId = firstId()) =>
  sendPayment(command, userId, { headers: { ...headers, 'x-request-id': requestId } });

/** Sends a request of the first user and steps it up to its write. @returns a function that lets it write. */
async function upToWrite(command: 'pay' | 'cancel', requestId: string, more = {}): Promise<() => Promise<unknown>> {
  const all = { ...headers, ...more, 'x-request-id': requestId };
  const held = await heldRequest(firstId(), { command, before: 'write', headers: all });
  return () => held.resume();
}

test('reset creates new users with ids never used before', async () => {
  expect(users).toMatchObject(Array(3).fill({ paid: false, version: 0, balance: 0 }));
  const again = (await call('/lab/reset', { json: { users: 2 } })).body;
  expect(again).toEqual((await call('/users')).body);
  expect(again.users).toHaveLength(2);
  expect(Math.min(...again.users.map(({ id }: { id: number }) => id))).toBeGreaterThan(
    Math.max(...users.map(({ id }) => id)),
  );
});

test('reset forgets the idempotency keys', async () => {
  await sendPayment('pay', firstId(), { headers: { 'idempotency-key': 'order-1' } });
  const db = await createConnection(testStack().mysqlUrl);
  try {
    const keys = async () => (await db.query<RowDataPacket[]>('SELECT user_id FROM idempotency_keys'))[0];
    expect(await keys()).toEqual([{ user_id: firstId() }]);
    await call('/lab/reset', { json: { users: 1 } });
    expect(await keys()).toEqual([]);
  } finally {
    await db.end();
  }
});

test('a reset begins again when a request in progress wins a deadlock', async () => {
  const db = await createConnection(testStack().mysqlUrl);
  try {
    await db.beginTransaction();
    // The server ends the transaction that has changed less.
    await db.query('INSERT INTO users (name) VALUES ?', [Array(500).fill(['in progress'])]);
    const reset = call('/lab/reset', { json: { users: 2 } });
    const isWaiting = async () => {
      const [rows] = await db.query<RowDataPacket[]>('SHOW PROCESSLIST');
      return rows.some(({ Info }) => Info === 'DELETE FROM users');
    };
    await until('the reset waits for the users', isWaiting, soon);
    // Its trigger writes to flag_writes, which the reset has locked.
    await db.query('UPDATE users SET paid = 1, version = 1, read_version = 0 WHERE id = ?', [users[0]?.id]);
    await db.commit();
    const { status, body } = await reset;
    expect([status, body.users.length]).toEqual([200, 2]);
  } finally {
    await db.end();
  }
});

test('a reset without enough unused ids says so, and leaves the old users', async () => {
  const db = await createConnection(testStack().mysqlUrl);
  try {
    await db.query('ALTER TABLE users AUTO_INCREMENT = 4294967290');
    const { status, body } = await call('/lab/reset', { json: { users: 50 } });
    expect([status, body.type]).toEqual([507, '/problems/user-ids-used-up']);
    expect(body.detail).toContain('ALTER TABLE users AUTO_INCREMENT = 1');
    const added = await call('/lab/users', { json: { users: 50 } });
    expect([added.status, added.body.type]).toEqual([507, '/problems/user-ids-used-up']);
    expect((await call('/users')).body.users).toEqual(users);
  } finally {
    await db.query(`ALTER TABLE users AUTO_INCREMENT = ${(users.at(-1)?.id ?? 0) + 1}`);
    await db.end();
  }
});

test('audit tells an Idempotency-Key from an X-Lab-Intent of the same name', async () => {
  await sendPayment('pay', firstId(), { headers: { 'idempotency-key': 'same' } });
  await sendPayment('cancel', firstId());
  await sendPayment('pay', firstId(), { headers: { 'x-lab-intent': 'same' } });
  expect((await audit()).chargedAgain).toBe(0);
});

test('a large reset answers with the first page', async () => {
  const { body } = await call('/lab/reset', { json: { users: 250 } });
  expect(body.users).toHaveLength(100);
  expect((await call(body.next)).body.users).toHaveLength(100);
});

test('adds users beside those that are there, and answers with them alone', async () => {
  await post('pay', 'p');
  const before = (await call('/users')).body.users;
  const [first, second] = await Promise.all([1, 2].map(() => call('/lab/users', { json: { users: 5 } })));
  expect([first?.status, second?.status]).toEqual([200, 200]);
  const added = [...(first?.body.users ?? []), ...(second?.body.users ?? [])];
  expect(added).toMatchObject(Array(10).fill({ paid: false, version: 0, balance: 0 }));
  expect((await call('/users')).body.users).toEqual([...before, ...added.toSorted((a, b) => a.id - b.id)]);
  const { status, body } = await call('/lab/users', { json: { users: 101 } });
  expect([status, body.errors]).toEqual([400, [{ field: 'users', detail: 'must be a whole number from 1 to 100' }]]);
});

test.each([0, -1, 1.5, '5', 100_001, null])('rejects a reset to %j users', async (count) => {
  const { status, body } = await call('/lab/reset', { json: { users: count } });
  expect(status).toBe(400);
  expect(body.errors).toEqual([{ field: 'users', detail: 'must be a whole number from 1 to 100000' }]);
  expect((await audit()).users).toBe(3);
});

test('audit finds nothing after serial requests', async () => {
  for (const { id } of users) {
    await post('pay', 'p', id);
    await post('cancel', 'c', id);
    await post('pay', 'p', id);
  }
  expect(await audit()).toEqual({
    users: 3,
    staleWrites: 0,
    accessWithoutPaying: 0,
    chargedTwice: 0,
    chargedWithoutAccess: 0,
    chargedAgain: 0,
    orphanCharges: 0,
    wronged: [],
  });
});

test('audit counts a payment that was charged again, but not one that its own request has taken back', async () => {
  const [first = 0, second = 0] = users.map(({ id }) => id);
  const pay = (id: number, intent: string, more = {}) =>
    sendPayment('pay', id, { headers: { 'x-lab-intent': intent, ...more } });
  await pay(first, 'once');
  await sendPayment('cancel', first);
  expect((await audit()).chargedAgain).toBe(0);
  await pay(first, 'twice');
  expect((await audit()).chargedAgain).toBe(0);
  await pay(second, 'once'); // another user's
  expect((await audit()).chargedAgain).toBe(0);
  await sendPayment('cancel', first);
  await pay(first, 'once'); // a late duplicate
  expect((await audit()).chargedAgain).toBe(1);

  // A double click in `version`: the write of the first is refused, and it takes its charge back.
  await sendPayment('cancel', first);
  const doubleClick = { 'x-lock-mode': 'version', 'x-lab-intent': 'double-click' };
  const write = await upToWrite('pay', 'first-click', doubleClick);
  expect((await pay(first, 'double-click', doubleClick)).body).toMatchObject({ status: 'paid' });
  expect(await write()).toMatchObject({ body: { status: 'already_paid' } });
  expect((await audit()).chargedAgain).toBe(1);
});

test('audit counts open charges of users who are gone', async () => {
  const id = firstId();
  await sendPayment('pay', id);
  await using connection = await createConnection(testStack().mysqlUrl);
  await connection.execute('DELETE FROM users WHERE id = ?', [id]);
  expect(await audit()).toMatchObject({ users: 2, orphanCharges: 1 });
  await connection.execute('DELETE FROM charges WHERE user_id = ?', [id]);
});

test('audit finds access without paying, and which request overwrote which', async () => {
  const id = users[0]?.id;
  await post('pay', 'before'); // ended before the race: not part of the history
  await post('cancel', 'before-too');
  const writeSlowly = await upToWrite('pay', 'slow-pay');
  await post('cancel', 'fast-cancel');
  await writeSlowly();
  expect(await audit()).toMatchObject({
    users: 3,
    staleWrites: 1,
    accessWithoutPaying: 1,
    chargedTwice: 0,
    chargedWithoutAccess: 0,
    wronged: [
      {
        userId: id,
        what: `User ${id} has access and paid nothing`,
        requests: [
          {
            requestId: 'slow-pay',
            command: 'pay',
            steps: [
              { did: 'charged', amount: 4900 },
              { did: 'wrote', paid: true, readVersion: 2, overwroteVersion: 3, overwrote: 'fast-cancel' },
            ],
          },
          {
            requestId: 'fast-cancel',
            command: 'cancel',
            steps: [{ did: 'refunded' }, { did: 'wrote', paid: false, readVersion: 2, overwroteVersion: 2 }],
          },
        ],
      },
    ],
  });
});

test('audit finds a double charge, even if one pay ended before the other acted', async () => {
  const id = users[0]?.id;
  const writeSlowly = await upToWrite('pay', 'slow');
  await post('pay', 'fast');
  await writeSlowly();
  const { chargedTwice, wronged } = await audit();
  expect(chargedTwice).toBe(1);
  expect(wronged[0].what).toBe(`User ${id} is charged 2 times (98.00 in all) for one access`);
  expect(wronged[0].requests.map(({ requestId }: { requestId: string }) => requestId)).toEqual(['slow', 'fast']);
});

test('audit finds a charge without access after a late cancel', async () => {
  const id = users[0]?.id;
  await post('pay', 'first');
  const writeLate = await upToWrite('cancel', 'late-cancel');
  await post('cancel', 'fast-cancel');
  await post('pay', 'second');
  await writeLate();
  const { chargedWithoutAccess, wronged } = await audit();
  expect(chargedWithoutAccess).toBe(1);
  expect(wronged[0].what).toBe(`User ${id} is charged 49.00 and has no access`);
  expect(wronged[0].requests.map(({ requestId }: { requestId: string }) => requestId)).toEqual([
    'late-cancel',
    'fast-cancel',
    'second',
  ]);
});
