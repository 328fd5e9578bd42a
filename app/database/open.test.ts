import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { afterAll, afterEach, expect, test } from 'vitest';
import { startProxy } from '../testing/proxy.ts';
import { testStack } from '../testing/stack.ts';
import { soon, until } from '../testing/until.ts';
import { openDatabase } from './open.ts';

const proxy = await startProxy(testStack().mysqlUrl);
afterEach(() => {
  proxy.filter = () => 'pass';
});
afterAll(() => proxy.close());

const open = (as: Partial<Pick<URL, 'username' | 'password' | 'pathname'>> = {}) => {
  const url = Object.assign(new URL(testStack().mysqlUrl), { port: String(proxy.port), ...as }).href;
  return openDatabase({ url, poolMax: 1, timeoutMs: 30_000, say: () => {} });
};

test('a connection that was closed while the server had vanished may report so later', async () => {
  const db = open();
  const connection: Connection & { stream?: Socket } = await db.client.acquireConnection();
  db.client.releaseConnection(connection);
  proxy.filter = () => 'drop';
  const takenOff = once(connection, 'removeListener');
  await db.destroy();
  await takenOff; // by knex
  expect(connection.listenerCount('error')).toBeGreaterThan(0); // without any, the error would end the process
  const late = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'read' });
  connection.stream?.destroy(late); // as the kernel does when nothing has been acknowledged for long
  await until('it is closed', () => !proxy.isInUse, soon);
});

test('a connection is closed if its set-up is refused', async () => {
  const { mysqlUrl } = testStack();
  const asAdmin = Object.assign(new URL(mysqlUrl), { username: 'admin', pathname: '/information_schema' });
  await using admin = await createConnection(asAdmin.href);
  // One query: knex asks for the version before the set-up.
  await admin.query("CREATE USER IF NOT EXISTS 'limited'@'%' IDENTIFIED BY 'secret' WITH MAX_QUERIES_PER_HOUR 1");
  const db = open({ username: 'limited', password: 'secret', pathname: '/information_schema' });
  await expect(db.raw('SELECT 1')).rejects.toThrow(/max_queries_per_hour/);
  await until('it is closed', () => !proxy.isInUse, soon);
  await db.destroy();
  await admin.query("DROP USER 'limited'@'%'");
});
