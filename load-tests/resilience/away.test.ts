import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { type Answer, call } from '../../app/testing/client.ts';
import { soon, until } from '../../app/testing/until.ts';
import { listSession, release } from '../client/stepped-requests.ts';
import type { RedisServer } from '../stack/servers/redis.ts';
import { ownStack } from './own-stack.ts';

const service = ownStack({ MYSQL_TIMEOUT_MS: '1500' });
const { post, user, freshUsers, untilItPays } = service;

/** The answer to a guarded request while a server that it needs is away. It does not wait for the server. */
function expectUnavailable({ status, body }: Answer): void {
  expect([status, body.type]).toEqual([503, '/problems/unavailable']);
}

describe.each([
  { fault: 'stopped', begin: () => service.stack.redis.stop(), end: () => service.stack.redis.start() },
  {
    fault: 'frozen',
    begin: () => service.stack.redis.freeze(),
    end: async () => service.stack.redis.kill('SIGCONT'),
  },
])('while Redis is $fault', ({ begin, end }) => {
  test('every guarded request is refused and none runs unguarded; then the service recovers by itself', async () => {
    const ids = await freshUsers(12);
    // What the naive mode has asked of a frozen Redis is done when it thaws, and keeps the user out until its TTL ends.
    const [redis, naive] = [ids.slice(0, 6), ids.slice(6)];
    await begin();
    try {
      const guarded = [
        ...redis.map((id) => post('pay', id, { 'x-lock-mode': 'redis' })),
        ...naive.map((id) => post('pay', id, { 'x-lock-mode': 'naive' })),
      ];
      for (const answer of await Promise.all(guarded)) expectUnavailable(answer);
      expect((await call('/readyz', { url: service.stack.url })).status).toBe(503);
      for (const id of ids) await expect.poll(() => user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
    } finally {
      await end();
    }
    await untilItPays(redis);
  });
});

describe.each([
  { fault: 'stopped', begin: (node: RedisServer) => node.stop(), end: (node: RedisServer) => node.start() },
  {
    fault: 'frozen',
    begin: (node: RedisServer) => node.freeze(),
    end: async (node: RedisServer) => node.kill('SIGCONT'),
  },
])('while nodes of redlock are $fault', ({ begin, end }) => {
  const pay = (id: number) => post('pay', id, { 'x-lock-mode': 'redlock' });

  test('a minority of them is not missed; without a majority every request is refused, and then it recovers by itself', async () => {
    const [survived = 0, ...others] = await freshUsers(7);
    const [first, second, third] = service.stack.redlock;
    if (!first || !second || !third) throw new Error('the stack has no nodes');
    try {
      await Promise.all([first, second].map(begin));
      await untilItPays([survived], { 'x-lock-mode': 'redlock' });
      await begin(third);
      for (const answer of await Promise.all(others.map(pay))) expectUnavailable(answer);
      for (const id of others) await expect.poll(() => user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
      const ready = async () => (await call('/readyz', { url: service.stack.url })).status;
      await expect.poll(ready).toBe(200); // the instances are in the mode redis
    } finally {
      await Promise.all([first, second, third].map(end));
    }
    await untilItPays(others, { 'x-lock-mode': 'redlock' });
  });
});

describe('while MySQL is away', () => {
  test('stopped: every request is refused; then the service recovers, and no answered payment is lost', async () => {
    const ids = await freshUsers(6);
    const [paid = 0, ...others] = ids;
    await untilItPays([paid]);
    await service.stack.mysql.stop();
    try {
      for (const answer of await Promise.all(others.map((id) => post('pay', id)))) expectUnavailable(answer);
    } finally {
      await service.stack.mysql.start();
    }
    await untilItPays(others);
    for (const id of ids) await expect.poll(() => user(id)).toMatchObject({ paid: true, balance: 4900 });
  });

  test('frozen: every request is given up while it is, and the service recovers', async () => {
    const ids = await freshUsers(3);
    await service.stack.mysql.freeze();
    try {
      for (const answer of await Promise.all(ids.map((id) => post('pay', id)))) expectUnavailable(answer);
    } finally {
      service.stack.mysql.kill('SIGCONT');
    }
    await untilItPays(ids);
  });

  test.each([
    ['a row lock', 'SELECT * FROM users WHERE id = ? FOR UPDATE', 'ROLLBACK'],
    ['the lock of the table', 'LOCK TABLES users READ', 'UNLOCK TABLES'],
  ])('a write that timed out on %s is not carried out later', async (_, lock, unlock) => {
    const [id = 0] = await freshUsers(1);
    const rival = await createConnection(service.stack.mysql.url);
    await rival.query('START TRANSACTION');
    await rival.query(lock, [id]);
    const pay = await post('pay', id); // it charges, and then its UPDATE waits
    expect([pay.status, pay.body.type]).toEqual([503, '/problems/unfinished']);
    const session = `cancel-${id}`;
    const steps = { 'x-lab-steps': session, 'x-lab-hold-ms': '30000', 'x-request-id': session };
    const cancel = post('cancel', id, steps);
    const heldBefore = (step: string) =>
      until(
        `it is held before its ${step}`,
        async () => (await listSession(service.stack.url, session))[0]?.heldBefore === step,
        soon,
      );
    for (const step of ['read', 'act']) {
      await heldBefore(step);
      await release(service.stack.url, session, session);
    }
    await heldBefore('write'); // it has refunded
    await rival.query(unlock);
    await release(service.stack.url, session, session);
    expect((await cancel).body.status).toBe('cancelled');
    const writesUnderWay = async () => {
      const sql = "SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE%'";
      return (await rival.query<RowDataPacket[]>(sql))[0];
    };
    await until('no write is under way', async () => (await writesUnderWay()).length === 0, soon);
    await rival.end();
    const audit = await call('/lab/audit', { url: service.stack.url });
    expect(audit.body).toMatchObject({ staleWrites: 0, wronged: [] });
  });
});
