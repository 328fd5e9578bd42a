import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startProxy } from '../testing/proxy.ts';
import { testStack } from '../testing/stack.ts';
import { soon, until } from '../testing/until.ts';
import { openRedis, type RedisConnection } from './connection.ts';

const answers = (redis: RedisConnection) => redis.ping().catch(() => false);

test('replaces a connection that no longer answers', async () => {
  await using proxy = await startProxy(testStack().redisUrl);
  const redis = openRedis({ url: `redis://127.0.0.1:${proxy.port}`, timeoutMs: 200, warn: () => {} });
  onTestFinished(() => redis.disconnect());
  await until('Redis answers', () => answers(redis), soon);
  // As with a host that lost power: what is sent to it is lost, and a new connection leads to another host.
  const silent = proxy.connections;
  proxy.filter = ({ connection }) => (connection < silent ? 'drop' : 'pass');
  await expect(redis.ping()).rejects.toThrow();
  await until('Redis answers', () => answers(redis), soon);
  expect(proxy.connections).toBeGreaterThan(silent);
});

/** Replies of servers that refuse all writes. */
const refusals = [
  ['READONLY', "READONLY You can't write against a read only replica."],
  ['READONLY in a script of Redis 6', 'ERR Error running script (call to f_01): @user_script:1: -READONLY You can not'],
  ['MASTERDOWN', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['LOADING', 'LOADING Redis is loading the dataset in memory'],
  ['NOREPLICAS', 'NOREPLICAS Not enough good replicas to write.'],
] as const;
const others = [
  ['another error that contains the word', 'ERR no such key: READONLY '],
  ['a wrong type', 'WRONGTYPE Operation against a key'],
  ['an unknown script', 'NOSCRIPT No matching script.'],
] as const;

/** Opens a connection to a server that answers every GET with `reply`. @returns it, and how many the server has had. */
async function refusedBy(reply: string) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const [, name] of String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        socket.write(name === 'get' ? `-${reply}\r\n` : name === 'hello' ? '-NOPROTO\r\n' : '+OK\r\n');
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const warnings: string[] = [];
  const redis = openRedis({ url: `redis://127.0.0.1:${port}`, timeoutMs: 30_000, warn: (line) => warnings.push(line) });
  onTestFinished(() => {
    redis.disconnect();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await until('it answers', () => answers(redis), soon);
  return { redis, warnings, connections: () => sockets.length };
}

test.each(refusals)('reconnects after %s', async (_name, reply) => {
  const { redis, warnings, connections } = await refusedBy(reply);
  const refused = await Promise.allSettled(Array.from({ length: 30 }, () => redis.get('key')));
  expect(refused.map(({ status }) => status)).toEqual(Array(30).fill('rejected'));
  await until('it answers', () => answers(redis), soon);
  expect(connections()).toBe(2);
  expect(warnings).toEqual([`Redis refuses writes, reconnecting: ${reply}`]);
});

test.each(others)('stays connected after %s', async (_name, reply) => {
  const { redis, warnings, connections } = await refusedBy(reply);
  await expect(redis.get('key')).rejects.toThrow(reply);
  await redis.ping();
  expect(connections()).toBe(1);
  expect(warnings).toEqual([]);
});
