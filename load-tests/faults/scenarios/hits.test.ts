import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startLocalServer } from '../../../app/testing/local-server.ts';
import type { TcpProxy } from '../../../app/testing/proxy.ts';
import { cutOff, type Fault } from '../context/faults.ts';
import type { SentRequest } from '../context/requests.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';
import { databaseRestart } from './durability.ts';
import { nodeRestartsLate } from './node-amnesia.ts';
import { majorityLost, nodeLost } from './nodes-lost.ts';
import { partitionFromMysql, partitionFromRedis } from './partition.ts';

const proxy = () => ({ filter: () => 'pass', cut: () => {} }) as unknown as TcpProxy;
const sendThrough = ({ filter }: TcpProxy) =>
  filter({ from: 'client', data: Buffer.from('SET PAYMENT_7_4900'), connection: 0 });

test('a cut has hit its target once every proxy has dropped a packet of a client', async () => {
  const [first, second] = [proxy(), proxy()];
  const cut = cutOff('cut', [], [first, second]);
  await cut.inject();
  sendThrough(first);
  second.filter({ from: 'server', data: Buffer.from('OK'), connection: 0 });
  expect(() => cut.assertHit()).toThrow(Inconclusive);
  cut.assertHit([first]);
  sendThrough(second);
  cut.assertHit();
});

/** An instance that carries out what it is sent from the moment that `isServing` says so. It answers after a while, as a real one. */
const startInstance = (isServing: () => boolean) =>
  startLocalServer(async (request, response) => {
    await sleep(20);
    const status = request.url?.endsWith('pay') ? 'paid' : 'cancelled';
    response.writeHead(isServing() ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isServing() ? { status } : { type: '/problems/unavailable' }));
  });

/** A context whose requests never pass its proxies. */
function contextOf(mode: string, url: string, onInject = () => {}): ScenarioContext {
  const instance = { name: 'app', url };
  const server = { name: 'server', kill: () => {}, ended: async () => {}, start: async () => {} };
  return {
    ...{ mode, seed: 1, headers: {}, users: Array.from({ length: 24 }, (_, index) => index + 1) },
    ...{ instances: [instance, instance, instance] },
    stack: { url, mysql: server, redis: server, redlock: [server, server, server, server, server] },
    proxies: { mysql: proxy(), redis: proxy(), redlock: [proxy(), proxy(), proxy(), proxy(), proxy()] },
    async inject(fault: Fault) {
      await fault.inject();
      onInject();
      return fault.heal;
    },
    note: () => {},
    addLoad: () => {},
  } as unknown as ScenarioContext;
}

test.concurrent.for([
  { scenario: partitionFromRedis, mode: 'redis' },
  { scenario: partitionFromRedis, mode: 'redlock' },
  { scenario: partitionFromMysql, mode: 'row' },
])('$scenario.name is inconclusive in $mode if no packet met the cut', async ({ scenario, mode }, { expect }) => {
  await using instance = await startInstance(() => true);
  await expect(scenario.run(contextOf(mode, instance.url))).rejects.toThrow(/^nothing was sent while app-1 is cut off/);
});

test.concurrent('partition-redis goes on in a mode that sends nothing to Redis', async () => {
  await using instance = await startInstance(() => true);
  await partitionFromRedis.run(contextOf('row', instance.url));
});

test.concurrent('database-restart is inconclusive if no payment was answered before the crash', async ({ expect }) => {
  let isServing = false;
  await using instance = await startInstance(() => isServing);
  const context = contextOf('row', instance.url, () => {
    isServing = true;
  });
  await expect(databaseRestart.run(context)).rejects.toThrow('no payment was answered before the fault');
});

test.concurrent('database-restart goes on if one was', async () => {
  await using instance = await startInstance(() => true);
  await databaseRestart.run(contextOf('row', instance.url));
});

/** Runs node-restarts-late. @returns what happens, in order. */
async function courseOf(isAdmitted: boolean): Promise<string[]> {
  const course: string[] = [];
  const context = contextOf('redlock', '');
  const request = (who: string) => ({
    async stepUntil() {
      for (const one of context.proxies.redlock) sendThrough(one);
    },
    tryAnswer: async () => isAdmitted,
    resume: async () => void course.push(`${who} goes on`),
    answer: async () => void course.push(`${who} is answered`),
  });
  const node = { name: 'node', kill: () => {}, ended: async () => {}, start: async () => void course.push('restart') };
  await nodeRestartsLate.run({
    ...context,
    ...{ leaseMs: 1, userId: 7, stack: { redlock: [node, node, node] } },
    send: ({ who }: Pick<SentRequest, 'who'>) => request(who),
  } as unknown as ScenarioContext);
  return course;
}

test.concurrent('node-restarts-late: a rival that gets in while A holds meets A’s write', async ({ expect }) => {
  expect(await courseOf(true)).toEqual(['A goes on', 'A is answered', 'restart', 'B is answered']);
  expect(await courseOf(false)).toEqual(['restart', 'B is answered', 'A goes on', 'A is answered']);
});

test.concurrent.for([
  { scenario: nodeLost, mode: 'redis', lost: 1 },
  { scenario: nodeLost, mode: 'redlock', lost: 2 },
  { scenario: majorityLost, mode: 'redlock', lost: 3 },
  { scenario: nodeLost, mode: 'row', lost: 0 },
])(
  '$scenario.name is inconclusive in $mode unless each lost server was asked for a lock',
  async ({ scenario, mode, lost }, { expect }) => {
    await using instance = await startInstance(() => true);
    const context = contextOf(mode, instance.url);
    const { redis, redlock } = context.proxies;
    const runAfterAsking = (servers: readonly TcpProxy[]) =>
      scenario.run({
        ...context,
        async inject(fault) {
          servers.forEach(sendThrough);
          return context.inject(fault);
        },
      });
    const servers = (mode === 'redis' ? [redis] : redlock).slice(0, lost);
    await runAfterAsking(servers);
    if (lost === 0) return;
    const why = 'a server was killed that had been asked for no lock';
    await expect(runAfterAsking(servers.slice(1))).rejects.toThrow(why);
  },
);
