import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../app/database/open.ts';
import { createStatements } from '../../app/database/statements.ts';
import { createRepairStore } from '../../app/jobs/reconcile/repair.ts';
import { createAccountStore } from '../../app/payments/accounts.ts';
import { type Answer, call, sendPayment } from '../../app/testing/client.ts';
import { startProxy, type TcpProxy } from '../../app/testing/proxy.ts';
import { soon, until } from '../../app/testing/until.ts';
import { resetUsers } from '../client/lab-client.ts';
import { type Stack, startStack } from '../stack/index.ts';
import type { MysqlServer } from '../stack/servers/mysql.ts';
import { switchOver } from '../stack/servers/mysql-replica.ts';

let stack: Stack;
let replica: MysqlServer;
/** The address of the database: it leads to the primary. */
let address: TcpProxy;
let ids: number[];

beforeAll(async () => {
  stack = await startStack({ withoutInstances: true, instances: 2, hasBinaryLog: true });
  replica = await stack.replica();
  address = await startProxy(stack.mysql.url);
  const url = new URL(stack.mysql.url);
  url.port = String(address.port);
  await stack.restartInstances({
    env: { MYSQL_URL: url.href, GATEWAY_MS: '5', LOCK_MODE: 'redis', IDEMPOTENCY_LEASE_MS: '2000' },
  });
  ids = (await resetUsers(stack.url, 2000)).map(({ id }) => id);
});
afterAll(async () => {
  await stack?.stop();
  await address?.close();
});

/** Statuses of `GET /readyz` of every instance. */
const readiness = () => Promise.all(stack.instances.map(async ({ url }) => (await call('/readyz', { url })).status));

test('MySQL is switched to a replica under load: unavailable or unfinished, then back, and nothing is lost', async () => {
  const modes = ['redis', 'fenced', 'row', 'version', 'named', 'serializable'];
  const keys = new Map<number, string>();
  const modeOf = (id: number) => modes[id % modes.length] ?? 'redis';
  const pay = (id: number): Promise<Answer> => {
    const key = keys.get(id) ?? randomUUID();
    keys.set(id, key);
    const headers = { 'idempotency-key': key, 'x-lock-mode': modeOf(id) };
    return sendPayment('pay', id, { url: stack.url, headers });
  };

  const answers = new Map<number, Answer>();
  const queue = [...ids];
  let isOver = false;
  let promotedAt = Number.POSITIVE_INFINITY;
  const firstPaidMs = new Map<string, number>();
  const client = async () => {
    for (let id = queue.shift(); id !== undefined && !isOver; id = queue.shift()) {
      const answer = await pay(id);
      answers.set(id, answer);
      if (answer.status !== 200) {
        queue.push(id); // after all others: users must not run out, however long it takes
        await new Promise((resolve) => setTimeout(resolve, 200)); // a refusal costs it nothing
      }
      const instance = answer.headers.get('x-instance') ?? '';
      if (answer.status === 200 && !firstPaidMs.has(instance) && performance.now() > promotedAt)
        firstPaidMs.set(instance, performance.now() - promotedAt);
    }
  };
  const load = Promise.all(Array.from({ length: 24 }, client));
  const answered = (test: (answer: Answer) => boolean) => [...answers.values()].filter(test).length;
  await until('payments', () => answered(({ status }) => status === 200) > 100, soon);

  const switched = switchOver(stack.mysql, replica);
  await until('refusals', () => answered(({ status }) => status === 503) > 20, soon);
  // What readyz has found before stands for a moment.
  await expect.poll(readiness).toEqual([503, 503]);
  await switched;
  address.target = new URL(replica.url); // the connections to the old primary stay
  promotedAt = performance.now();
  await until('each instance pays', () => firstPaidMs.size === 2, soon);
  await expect.poll(readiness).toEqual([200, 200]);
  isOver = true;
  await load;

  // Only these, and `unavailable` has done nothing.
  await using connection = await createConnection(replica.url);
  const charges = async () => {
    const sql = 'SELECT user_id, COUNT(*) AS charges FROM charges GROUP BY user_id';
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return new Map(rows.map((row) => [row.user_id as number, Number(row.charges)]));
  };
  const charged = await charges();
  for (const [id, { status, body }] of answers) {
    const what = `user ${id} in mode ${modeOf(id)}`;
    if (status === 200) expect(charged.get(id), what).toBe(1);
    else {
      expect([status, body.type], what).toEqual([503, expect.stringMatching(/\/(unavailable|unfinished)$/)]);
      if (body.type === '/problems/unavailable') expect(charged.get(id), what).toBeUndefined();
    }
  }
  // The same requests, sent again, complete: each user has paid once.
  const refused = [...answers].flatMap(([id, { status }]) => (status === 200 ? [] : [id]));
  await Promise.all(
    refused.map((id) =>
      until(`user ${id} has paid`, async () => (await pay(id)).status === 200, { ...soon, everyMs: 200 }),
    ),
  );
  for (const [id, count] of await charges()) expect(count, `user ${id}`).toBe(1);
  const audit = (await call('/lab/audit', { url: stack.url })).body;
  expect(audit).toMatchObject({ staleWrites: 0, chargedAgain: 0, wronged: [] });
});

describe('before and after a switchover', () => {
  const poolAt = (url: string) => {
    const db = openDatabase({ url, poolMax: 4, timeoutMs: 30_000, say: () => {} });
    onTestFinished(() => db.destroy());
    return db;
  };

  test('nothing is decided on what the server that takes no writes has', async () => {
    const [firstUser = 0] = ids;
    const pools = [stack.mysql.url, replica.url].map(poolAt);
    const isThere = async (db: Knex) => (await db('users').where({ id: firstUser })).length > 0;
    await until('both servers have the user', async () => (await Promise.all(pools.map(isThere))).every(Boolean), soon);
    const readOn = (id: number) => pools.map((db) => createAccountStore(createStatements(db, 30_000), 'test').read(id));
    const reads = readOn(firstUser);
    const outcomes = (await Promise.allSettled(reads)).sort((a, b) => a.status.localeCompare(b.status));
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { version: expect.any(Number) } },
      { status: 'rejected', reason: { message: 'the database is read-only' } },
    ]);
    // A user that a former primary does not have may be new.
    const ofNone = await Promise.allSettled(readOn(4_000_000_000));
    expect(ofNone.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const repairs = pools.map((db) => createRepairStore(createStatements(db, 30_000)).readState(firstUser));
    const found = await Promise.allSettled(repairs);
    expect(found.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('a pool whose new connections reach another server drops those to the one before', async () => {
    await using proxy = await startProxy(stack.mysql.url);
    const url = new URL(stack.mysql.url);
    url.port = String(proxy.port);
    const db = poolAt(url.href);
    const { select } = createStatements(db, 30_000);
    const servers = async () => (await select<{ port: number }>('SELECT @@port AS port'))[0]?.port;
    const used: unknown = await db.client.acquireConnection();
    expect(await servers()).toBe(Number(new URL(stack.mysql.url).port));
    proxy.target = new URL(replica.url);
    const idle: unknown = await db.client.acquireConnection(); // of the former server
    const fresh: unknown = await db.client.acquireConnection();
    for (const connection of [used, idle, fresh]) db.client.releaseConnection(connection);
    const found = await Promise.all(Array.from({ length: 4 }, servers));
    expect(found).toEqual(Array(4).fill(Number(new URL(replica.url).port)));
  });
});
