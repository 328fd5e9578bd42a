import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, newUser, sendPayment } from '../../app/testing/client.ts';
import { openInstance, readyInstance } from '../../app/testing/instance.ts';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { type RedisServer, startRedis } from '../stack/servers/redis.ts';
import { startSentinel } from '../stack/servers/sentinel.ts';

let keeper: Keeper;
let primary: RedisServer;
const program = findPrograms().redis ?? 'redis-server';
beforeAll(async () => {
  keeper = await startKeeper();
  primary = await startRedis(program, keeper);
});
afterAll(() => keeper?.end());

/** Sends commands to the primary. */
async function configure(...commands: readonly string[]): Promise<void> {
  const redis = new Redis(primary.url);
  for (const command of commands) {
    const [name = '', ...args] = command.split(' ');
    await redis.call(name, ...args);
  }
  redis.disconnect();
}

/** Redis servers that answer a PING, and on which no payment gets its lock. */
const unfit: readonly [name: string, reason: string, url: () => Promise<string>][] = [
  [
    'a replica',
    'refuses: READONLY',
    async () => {
      const { port } = new URL(primary.url);
      return (await startRedis(program, keeper, 'replica', { replicaof: `127.0.0.1 ${port}` })).url;
    },
  ],
  [
    'a Sentinel',
    'refuses: ERR',
    async () => (await startSentinel(program, keeper, { primaryUrl: primary.url, downAfterMs: 60_000 })).url,
  ],
  [
    'a user without EVAL',
    'refuses: NOPERM',
    async () => {
      await configure('ACL SETUSER limited on >secret ~* &* +@all -eval -evalsha');
      return primary.url.replace('//', '//limited:secret@');
    },
  ],
  ['a full server', 'refuses: OOM', async () => (await startRedis(program, keeper, 'full', { maxmemory: '1' })).url],
  [
    'one server of a cluster',
    'refuses: (MOVED|CLUSTERDOWN)',
    async () => {
      const settings = {
        'cluster-enabled': 'yes',
        'cluster-config-file': 'member.conf',
        'cluster-require-full-coverage': 'no',
      };
      const { url } = await startRedis(program, keeper, 'member', settings);
      const redis = new Redis(url);
      // It has most of the slots, and so the lock of most payments, too.
      await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '12287');
      await until(
        'it serves',
        async () => ((await redis.call('CLUSTER', 'INFO')) as string).includes('state:ok'),
        soon,
      );
      redis.disconnect();
      return url;
    },
  ],
];

describe('GET /readyz is answered 503, as no payment would get its lock on', () => {
  test.each(unfit)('%s', async (_name, reason, start) => {
    await using instance = await openInstance({ REDIS_URL: await start(), LOCK_MODE: 'redis' });
    await instance.tried;
    await until(
      'it is known why',
      async () => {
        const { status, body } = await call('/readyz', { url: instance.url });
        expect(status).toBe(503);
        return new RegExp(`^The lock service ${reason}\\.$`).test(body.detail);
      },
      soon,
    );
  });
});

test('GET /readyz is answered 503 while the database lets users be read, but not written', async () => {
  await using instance = await readyInstance({ LOCK_MODE: 'redis' });
  await using holder = await createConnection(testStack().mysqlUrl);
  await holder.query('LOCK TABLES users READ'); // as a backup does
  const isReady = async () => (await call('/readyz', { url: instance.url })).body;
  await expect.poll(isReady).toMatchObject({ status: 503, detail: 'The database does not answer.' });
  expect((await call('/users?limit=1', { url: instance.url })).status).toBe(200);
  await holder.query('UNLOCK TABLES');
  await expect.poll(isReady).toMatchObject({ status: 'ready' });
});

test('the mode row needs no Redis', async () => {
  await using instance = await openInstance({ REDIS_URL: 'redis://127.0.0.1:1', LOCK_MODE: 'row' });
  await expect.poll(async () => (await call('/readyz', { url: instance.url })).status).toBe(200);
  const pay = await sendPayment('pay', await newUser(), { url: instance.url });
  expect(pay.body.status).toBe('paid');
});

test('the rights that the operations document gives are enough to be ready, to pay, and for the jobs', async () => {
  const document = await readFile(new URL('../../app/deploy/README.md', import.meta.url), 'utf8');
  const [command = ''] = /^ACL SETUSER payment on >secret .*$/m.exec(document) ?? [];
  await configure(command);
  await using instance = await openInstance({
    ...{ REDIS_URL: primary.url.replace('//', '//payment:secret@'), INSTANCE: 'with-few-rights', LOCK_MODE: 'redis' },
    ...{ JOBS: 'on', RECONCILE_SCHEDULE: '0 0 1 1 *', PRUNE_SCHEDULE: '* * * * * *' },
  });
  await instance.tried;
  await expect.poll(async () => (await call('/readyz', { url: instance.url })).body.status).toBe('ready');
  const pay = await call(`/users/${await newUser()}/pay`, { url: instance.url, json: { amount: 1 } });
  expect(pay.body.status).toBe('paid');
  const overview = async () => (await call('/jobs', { url: instance.url })).body;
  await expect.poll(async () => (await overview()).leader?.instance).toBe('with-few-rights');
  const pruned = async () => {
    const { lastRuns } = (await overview()).jobs.find(({ name }: { name: string }) => name === 'prune');
    const run = lastRuns.find(
      (one: { instance: string; outcome: string | null }) => one.instance === 'with-few-rights',
    );
    return run?.outcome && [run.outcome, run.detail];
  };
  await expect.poll(pruned).toEqual(['succeeded', expect.stringContaining('deleted')]);
});

test('a Redis that may evict locks is named', async () => {
  const settings = { maxmemory: '100mb', 'maxmemory-policy': 'volatile-lru' };
  const { url } = await startRedis(program, keeper, 'evicting', settings);
  await using instance = await openInstance({ REDIS_URL: url, LOCK_MODE: 'redis' });
  const warnings = async () => (await call('/readyz', { url: instance.url })).body.warnings;
  await expect.poll(warnings).toEqual([expect.stringMatching(/^A Redis: its maxmemory-policy is volatile-lru/)]);
});
