import { expect, test } from 'vitest';
import type { LockModeName } from '../../../app/lock-modes/index.ts';
import { startLocalServer } from '../../../app/testing/local-server.ts';
import type { SentRequest } from '../context/requests.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { expected } from '../expected.ts';
import { Inconclusive } from '../verdict.ts';
import { killedHolder } from './killed-holder.ts';
import { eviction } from './lost-grants.ts';
import { nodeRestartsEmpty } from './node-amnesia.ts';
import { pausedAcquire } from './paused-acquire.ts';
import type { Scenario } from './scenario.ts';
import { wrongKey } from './wrong-key.ts';

/** A context in which every step succeeds, but these requests, which wait until A goes on. @param url that of a lab. */
function contextOf(mode: LockModeName, { name }: Scenario, waiting: readonly string[], url = ''): ScenarioContext {
  const instance = { name: 'app', url };
  const redis = { name: 'redis', url: 'redis://127.0.0.1:1' };
  const proxy = { filter: () => 'pass' };
  const request = (who: string) => ({
    operation: waiting.includes(who) ? undefined : { answer: 'paid' },
    stepUntil: async () => {},
    tryStepUntil: async () => (waiting.includes(who) ? 'in flight' : 'write'),
    tryAnswer: async () => !waiting.includes(who),
    resume: async () => {},
    assertUnanswered: () => {},
    answer: async () => 'paid',
  });
  return {
    ...{ mode, expected: expected[mode][name], userId: 7, users: [7, 8], requests: [] },
    ...{
      instances: [instance, instance, instance],
      stack: { redis, redlock: [redis, redis, redis], mysql: { url: '' } },
    },
    ...{ proxies: { mysql: proxy, redis: proxy, redlock: [proxy, proxy, proxy] } },
    ...{ leaseMs: 1000, pastLeaseMs: 2000, blockedAfterMs: 500 },
    send: ({ who }: Pick<SentRequest, 'who'>) => request(who),
    // Not hit: that a fault reaches its target is not tested here.
    inject: async (fault: { hit?: () => Promise<void>; assertHit?: () => void }) => {
      if (fault.hit) fault.hit = async () => {};
      if (fault.assertHit) fault.assertHit = () => {};
      return async () => {};
    },
    note: () => {},
    remark: () => {},
  } as unknown as ScenarioContext;
}

/** The lab of a user who is charged. */
const startLab = () =>
  startLocalServer((_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ id: 7, name: 'Seven', paid: false, version: 0, balance: 4900 })),
  );

test.each([
  [pausedAcquire, 'B', ['naive', 'redis', 'redlock', 'fenced', 'none', 'version', 'conditional']],
  [eviction, 'B', ['naive', 'redis', 'fenced', 'none', 'version', 'conditional']],
  [nodeRestartsEmpty, 'B', ['redlock', 'none']],
  [wrongKey, 'B', ['naive', 'redis', 'redlock', 'fenced', 'named', 'none', 'version', 'conditional']],
  [killedHolder, 'C', ['none', 'memory', 'version', 'conditional']],
] as const)('$name is inconclusive if its rival was not admitted where it must be', async (scenario, rival, modes) => {
  await using lab = await startLab();
  for (const mode of modes) {
    const run = scenario.run(contextOf(mode, scenario, [rival], lab.url));
    await expect(run, mode).rejects.toThrow(Inconclusive);
    await expect(run, mode).rejects.toThrow(`${rival} was not admitted within`);
  }
});

test.each([
  [pausedAcquire, ['row', 'named', 'serializable']],
  [eviction, ['redlock', 'row', 'named', 'serializable']],
  [wrongKey, ['row', 'serializable']],
] as const)('$name goes on if its rival waits where the guard may block it', async (scenario, modes) => {
  await using lab = await startLab();
  for (const mode of modes) await scenario.run(contextOf(mode, scenario, ['B'], lab.url));
});

test.each([pausedAcquire, eviction, nodeRestartsEmpty, wrongKey])(
  '$name goes on if its rival is admitted',
  async (scenario) => {
    await using lab = await startLab();
    for (const mode of ['redlock', 'none'] as const) await scenario.run(contextOf(mode, scenario, [], lab.url));
  },
);
