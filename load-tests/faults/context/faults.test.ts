import { Redis } from 'ioredis';
import { createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { testStack } from '../../../app/testing/stack.ts';
import { soon } from '../../../app/testing/until.ts';
import { Inconclusive } from '../verdict.ts';
import { cutOff, frozenOnceSent, heldOnceSent } from './faults.ts';

let proxies: TcpProxy[];
let clients: Redis[];
beforeEach(async () => {
  const { redisUrl } = testStack();
  proxies = await Promise.all([redisUrl, redisUrl, redisUrl].map((url) => startProxy(url)));
  clients = proxies.map(({ port }) => new Redis(port, '127.0.0.1', { retryStrategy: () => 10 }));
  for (const client of clients) client.on('error', () => {}); // cut on purpose
  await Promise.all(clients.map((client) => client.ping()));
});
afterEach(async () => {
  for (const client of clients) client.disconnect();
  await Promise.all(proxies.map((proxy) => proxy.close()));
});

/** A fake instance that records its signals. */
function signalledInstance() {
  const signals: string[] = [];
  const instance = {
    name: 'app-1',
    url: '',
    port: 0,
    pid: 0,
    logFile: '',
    start: async () => {},
    stop: async () => {},
    ended: async () => {},
    kill: (signal: string) => void signals.push(signal),
    freeze: async () => void signals.push('SIGSTOP'),
  };
  return { instance, signals };
}

describe('frozenOnceSent', () => {
  test('pauses the instance once a quorum was asked, and resumes it when healed', async () => {
    const { instance, signals } = signalledInstance();
    const pause = frozenOnceSent(instance, proxies, 'PAYMENT_1', 2);
    await pause.inject();
    await clients[0]?.echo('PAYMENT_1');
    await clients[0]?.echo('PAYMENT_1'); // the same server again
    await clients[1]?.echo('something else');
    expect(signals).toEqual([]);
    await expect(pause.hit(20)).rejects.toThrow(Inconclusive);
    await clients[1]?.echo('PAYMENT_1');
    await pause.hit(soon.withinMs);
    await clients[2]?.echo('PAYMENT_1');
    expect(signals).toEqual(['SIGSTOP']);
    await pause.heal();
    expect(signals).toEqual(['SIGSTOP', 'SIGCONT']);
  });

  test('does not pause the instance after healing', async () => {
    const { instance, signals } = signalledInstance();
    const pause = frozenOnceSent(instance, proxies, 'PAYMENT_1');
    await pause.inject();
    await pause.heal();
    await clients[0]?.echo('PAYMENT_1');
    expect(signals).toEqual(['SIGCONT']);
  });
});

describe('heldOnceSent', () => {
  /** A user, and a client that renames it through a proxy. */
  async function renamedThroughProxy() {
    const { mysqlUrl } = testStack();
    const direct = await createConnection(mysqlUrl);
    const proxy = await startProxy(mysqlUrl);
    const client = await createConnection(Object.assign(new URL(mysqlUrl), { port: String(proxy.port) }).href);
    const [{ insertId }] = await direct.execute<ResultSetHeader>("INSERT INTO users (name) VALUES ('before')");
    return {
      proxy,
      client,
      rename: () => client.execute("UPDATE users SET name = 'RAISED' WHERE id = ?", [insertId]),
      async name() {
        const [[row]] = await direct.execute<RowDataPacket[]>('SELECT name FROM users WHERE id = ?', [insertId]);
        return row?.name;
      },
      async [Symbol.asyncDispose]() {
        client.destroy();
        await Promise.all([direct.end(), proxy.close()]);
      },
    };
  }

  test('delays the execution of a statement, and what others send, until it is healed', async () => {
    await using renamed = await renamedThroughProxy();
    const [other, otherClient] = [proxies[0], clients[0]];
    if (!other || !otherClient) throw new Error('no proxy');
    const hold = heldOnceSent(renamed.proxy, 'RAISED', [other]);
    await hold.inject();
    await otherClient.ping();
    const update = renamed.rename();
    await hold.hit(soon.withinMs);
    let isOtherAnswered = false;
    const pong = otherClient.ping().then(() => {
      isOtherAnswered = true;
    });
    expect(await renamed.name()).toBe('before');
    await clients[1]?.ping();
    expect(isOtherAnswered).toBe(false);
    await hold.heal();
    await Promise.all([update, pong]);
    expect(await renamed.name()).toBe('RAISED');
  });

  test('a statement arrives although its sender has given up', async () => {
    await using renamed = await renamedThroughProxy();
    const hold = heldOnceSent(renamed.proxy, 'RAISED');
    await hold.inject();
    renamed.rename().catch(() => {}); // its connection ends
    await hold.hit(soon.withinMs);
    renamed.client.destroy();
    await expect.poll(() => renamed.proxy.hasLateData).toBe(true);
    expect(await renamed.name()).toBe('before');
    await hold.heal();
    await expect.poll(() => renamed.proxy.hasLateData).toBe(false);
    expect(await renamed.name()).toBe('RAISED');
  });
});

test('cutOff drops all packets, and healing allows new connections', async () => {
  const [proxy, client] = [proxies[0], clients[0]];
  if (!proxy || !client) throw new Error('no proxy');
  const fault = cutOff('nothing passes', ['redis'], [proxy]);
  await fault.inject();
  let answered = false;
  client.ping().then(
    () => (answered = true),
    () => {},
  );
  await clients[1]?.ping();
  expect(answered).toBe(false);
  await fault.heal();
  expect(await client.ping()).toBe('PONG');
});
