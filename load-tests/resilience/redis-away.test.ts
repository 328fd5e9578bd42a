import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { call } from '../../app/testing/client.ts';
import { listen } from '../../app/testing/event-stream.ts';
import { type OpenInstance, readyInstance } from '../../app/testing/instance.ts';
import { soon } from '../../app/testing/until.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { type RedisServer, startRedis } from '../stack/servers/redis.ts';
import { callsTo, expectUnavailable } from './own-stack.ts';

const inTime = { timeout: soon.withinMs };
let keeper: Keeper;
let redis: RedisServer;
let redlock: RedisServer[];
let instances: OpenInstance[];

beforeAll(async () => {
  keeper = await startKeeper();
  const start = (name: string) => startRedis(findPrograms().redis ?? 'redis-server', keeper, name);
  redis = await start('redis');
  redlock = await Promise.all([1, 2, 3, 4, 5].map((number) => start(`redlock-${number}`)));
  const servers = { REDIS_URL: redis.url, REDLOCK_URLS: redlock.map(({ url }) => url).join(',') };
  const times = { REDIS_TIMEOUT_MS: '500', LOCK_TTL_MS: '10000', GATEWAY_MS: '5' };
  const open = (INSTANCE: string) => readyInstance({ ...servers, ...times, INSTANCE, LOCK_MODE: 'redis', LAB: 'on' });
  instances = await Promise.all(['first', 'second'].map(open));
});
afterAll(async () => {
  for (const instance of instances ?? []) await instance[Symbol.asyncDispose]();
  await keeper?.end();
});

const urlOf = (index: number) => instances[index % instances.length]?.url ?? '';
let calls = 0;
/** The instances take turns. */
const { post, user, freshUsers, untilItPays } = callsTo(() => urlOf(calls++));

const faults = [
  {
    fault: 'stopped',
    begin: (server: RedisServer) => server.stop(),
    end: (server: RedisServer) => server.start(),
  },
  {
    fault: 'frozen',
    begin: (server: RedisServer) => server.freeze(),
    end: async (server: RedisServer) => server.kill('SIGCONT'),
  },
];

describe.each(faults)('while Redis is $fault', ({ fault, begin, end }) => {
  test('every guarded request is refused and none runs unguarded; then the service recovers by itself', async () => {
    const ids = await freshUsers(12);
    // What the naive mode has asked of a frozen Redis is done when it thaws, and keeps the user out until its TTL ends.
    const [guarded, naive] = [ids.slice(0, 6), ids.slice(6)];
    await begin(redis);
    try {
      const answers = [
        ...guarded.map((id) => post('pay', id, { 'x-lock-mode': 'redis' })),
        ...naive.map((id) => post('pay', id, { 'x-lock-mode': 'naive' })),
      ];
      for (const answer of await Promise.all(answers)) expectUnavailable(answer);
      // What readyz has found before stands for a moment.
      for (const { url } of instances) await expect.poll(async () => (await call('/readyz', { url })).status).toBe(503);
      for (const id of ids) await expect.poll(() => user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
    } finally {
      await end(redis);
    }
    await untilItPays(guarded);
  });

  test('tells listeners, goes on with traced payments, then recovers by itself', async () => {
    const [userId = 0] = await freshUsers(1);
    const send = async (requestId: string) => {
      const headers = { 'x-lock-mode': 'none', 'x-lab-trace': fault, 'x-request-id': requestId };
      return (await post('pay', userId, headers)).status;
    };
    const askInstances = async () => (await call('/lab/instances', { url: urlOf(0) })).body;
    await using here = await listen(`/lab/trace?trace=${fault}`, { url: urlOf(0) });
    await using elsewhere = await listen('/lab/trace', { url: urlOf(1) });
    const streams = [here, elsewhere];
    const isAnswered = (stream: (typeof streams)[number], requestId: string) =>
      stream.events.some(({ data }) => data.requestId === requestId && data.step === 'answered');
    /** Sends it again until both have heard it: a stall that is taken for a trouble loses it. */
    const untilHeard = (requestId: string) =>
      vi.waitFor(
        async () => {
          await send(requestId);
          expect(streams.every((stream) => isAnswered(stream, requestId))).toBe(true);
        },
        { ...inTime, interval: 100 },
      );
    /** A stall may be taken for a trouble, too, which is over when Redis answers. */
    const troubles = () =>
      streams.map(({ events }) => events.filter(({ event }) => event === 'trouble').map(({ data }) => data.redis));
    const lastOf = () => troubles().map((told) => told.at(-1));
    await untilHeard('before');
    await begin(redis);
    try {
      for (const number of [1, 2, 3, 4, 5]) expect(await send(`meanwhile-${number}`)).toBe(200);
      await vi.waitFor(() => expect(lastOf()).toEqual(['down', 'down']), inTime);
      expect(await askInstances()).toMatchObject({ redis: 'down', database: 'up', instances: [{ state: 'up' }] });
      await using late = await listen('/lab/trace', { url: urlOf(0) }); // a listener that connects meanwhile is told too
      await late.until((events) => events.length > 0);
      expect(late.events).toMatchObject([{ event: 'trouble', data: { redis: 'down' } }]);
    } finally {
      await end(redis);
    }
    await vi.waitFor(() => expect(lastOf()).toEqual(['up', 'up']), inTime);
    for (const told of troubles()) expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'down' : 'up')));
    await vi.waitFor(async () => expect((await askInstances()).redis).toBe('up'), inTime);
    await untilHeard('after');
    const ids = elsewhere.events.filter(({ event }) => event === 'step').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // A Redis that was started anew has lost the stream, and what was in it; one that was frozen has lost nothing.
    const gaps = streams.map(({ events }) => events.filter(({ event }) => event === 'gap').length);
    expect(gaps).toEqual(fault === 'stopped' ? [1, 1] : [0, 0]);
  });
});

describe.each(faults)('while nodes of redlock are $fault', ({ begin, end }) => {
  const headers = { 'x-lock-mode': 'redlock' };

  test('a minority of them is not missed; without a majority every request is refused, and then it recovers by itself', async () => {
    const [survived = 0, ...others] = await freshUsers(7);
    const [minority, majority] = [redlock.slice(0, 2), redlock.slice(0, 3)];
    try {
      await Promise.all(minority.map(begin));
      await untilItPays([survived], headers);
      await Promise.all(majority.slice(2).map(begin));
      for (const answer of await Promise.all(others.map((id) => post('pay', id, headers)))) expectUnavailable(answer);
      for (const id of others) await expect.poll(() => user(id)).toMatchObject({ paid: false, version: 0, balance: 0 });
      // They are in the mode redis.
      for (const { url } of instances) {
        await expect.poll(async () => (await call('/readyz', { url })).status).toBe(200);
      }
    } finally {
      await Promise.all(majority.map(end));
    }
    await untilItPays(others, headers);
  });
});
