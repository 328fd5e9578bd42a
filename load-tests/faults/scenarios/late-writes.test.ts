import { expect, test } from 'vitest';
import type { LockModeName } from '../../../app/lock-modes/index.ts';
import type { TcpProxy } from '../../../app/testing/proxy.ts';
import type { Fault } from '../context/faults.ts';
import type { SentRequest } from '../context/requests.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { expected } from '../expected.ts';
import { Inconclusive } from '../verdict.ts';
import { foreignRelease } from './late-writes.ts';

interface Course {
  readonly ofA?: string;
  readonly ofB?: string;
  /** Where B is. */
  readonly position?: string;
}

/** A context in which every step succeeds, and the answers and B's position are as said. */
function contextOf(
  mode: LockModeName,
  { ofA = 'paid', ofB = 'cancelled', position = 'write' }: Course,
): ScenarioContext {
  const proxy = (): Pick<TcpProxy, 'filter' | 'release'> => ({ filter: () => 'pass', release: () => {} });
  const proxies = { mysql: proxy(), redis: proxy(), redlock: [] };
  const sendsItsWrite = async () => {
    for (const text of ['UPDATE users SET paid = ?', 'execute'])
      proxies.mysql.filter({ from: 'client', data: Buffer.from(text), connection: 1 });
  };
  const request = (who: string) => ({
    stepUntil: async () => {},
    tryStepUntil: async () => (who === 'B' ? position : 'in flight'),
    resume: sendsItsWrite,
    assertUnanswered: () => {},
    answer: async () => (who === 'B' ? ofB : ofA),
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
  ['redis', { ofB: 'unfinished' }, /lost its lease/],
  ['fenced', { ofB: 'lease-lost' }, /lost its lease/],
  ['redis', { position: 'in flight' }, /not admitted within 2000 ms/],
  ['fenced', { position: 'in flight' }, /not admitted within 2000 ms/],
  ['row', { position: 'in flight' }, undefined], // its rival waits for the row
  ['row', { ofB: 'unfinished' }, undefined], // it has no lease
  ['redis', { ofA: 'unfinished' }, /given up its write/],
] as const)('foreign-release in %s with %j', async (mode, course, why) => {
  const run = foreignRelease.run(contextOf(mode, course));
  if (why === undefined) await run;
  else {
    await expect(run).rejects.toThrow(Inconclusive);
    await expect(run).rejects.toThrow(why);
  }
});
