import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { testStack } from '../../../app/testing/stack.ts';
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
  test('pauses the instance once, when a quorum of servers was asked, and resumes it when healed', async () => {
    const { instance, signals } = signalledInstance();
    const pause = frozenOnceSent(instance, proxies, 'PAYMENT_1', 2);
    await pause.inject();
    await clients[0]?.echo('PAYMENT_1');
    await clients[0]?.echo('PAYMENT_1'); // the same server again
    await clients[1]?.echo('something else');
    expect(signals).toEqual([]);
    await expect(pause.hit(20)).rejects.toThrow(Inconclusive);
    await clients[1]?.echo('PAYMENT_1');
    await pause.hit();
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

test('heldOnceSent delays a command until it is healed', async () => {
  const [proxy, client, observer] = [proxies[0], clients[0], clients[1]];
  if (!proxy || !client || !observer) throw new Error('no proxy');
  const key = `held-once-sent-${proxy.port}`;
  const hold = heldOnceSent(proxy, 'RAISED');
  await hold.inject();
  await client.set(key, 'before', 'PX', 5000);
  const raised = client.set(key, 'RAISED', 'PX', 5000);
  await hold.hit();
  expect(await observer.get(key)).toBe('before');
  await hold.heal();
  await raised;
  expect(await observer.get(key)).toBe('RAISED');
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
