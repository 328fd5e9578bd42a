import { expect, test } from 'vitest';
import type { LockModeName } from '../../../app/lock-modes/index.ts';
import type { TcpProxy } from '../../../app/testing/proxy.ts';
import type { Fault } from '../context/faults.ts';
import type { SentRequest } from '../context/requests.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { expected } from '../expected.ts';
import { Inconclusive } from '../verdict.ts';
import { foreignRelease } from './late-writes.ts';

/** A context in which every step succeeds, and B is where it is said to be. */
function contextOf(mode: LockModeName, b: { position?: string; answer?: string }): ScenarioContext {
  const proxy = (): Pick<TcpProxy, 'filter' | 'release'> => ({ filter: () => 'pass', release: () => {} });
  const proxies = { mysql: proxy(), redis: proxy(), redlock: [] };
  const sendsItsWrite = async () => {
    for (const text of ['UPDATE users SET paid = ?', 'execute'])
      proxies.mysql.filter({ from: 'client', data: Buffer.from(text), connection: 1 });
  };
  const request = (who: string) => ({
    stepUntil: async () => {},
    tryStepUntil: async () => (who === 'B' ? (b.position ?? 'write') : 'in flight'),
    resume: sendsItsWrite,
    assertUnanswered: () => {},
    answer: async () => (who === 'B' ? (b.answer ?? 'cancelled') : 'paid'),
  });
  return {
    ...{ mode, expected: expected[mode]['foreign-release'], instances: [], userId: 7, proxies },
    ...{ leaseMs: 1000, pastLeaseMs: 2000, blockedAfterMs: 500 },
    send: ({ who }: Pick<SentRequest, 'who'>) => request(who),
    inject: async (fault: Fault) => {
      await fault.inject();
      return fault.heal;
    },
    note: () => {},
    remark: () => {},
  } as unknown as ScenarioContext;
}

test.each([
  ['redis', {}, undefined],
  ['redis', { answer: 'unfinished' }, /lost its lease/],
  ['fenced', { answer: 'lease-lost' }, /lost its lease/],
  ['redis', { position: 'in flight' }, /not admitted within 2000 ms/],
  ['fenced', { position: 'in flight' }, /not admitted within 2000 ms/],
  ['row', { position: 'in flight' }, undefined], // its rival waits for the row
  ['row', { answer: 'unfinished' }, undefined], // it has no lease
] as const)('foreign-release in %s with B %j', async (mode, b, why) => {
  const run = foreignRelease.run(contextOf(mode, b));
  if (why === undefined) await run;
  else {
    await expect(run).rejects.toThrow(Inconclusive);
    await expect(run).rejects.toThrow(why);
  }
});
