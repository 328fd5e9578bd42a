import { z } from 'zod';
import { until } from '../../../app/testing/until.ts';
import { callLab } from '../../client/lab-client.ts';
import { frozen } from '../context/faults.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { watchPrimary } from '../context/sentinel-failover.ts';
import { Inconclusive } from '../verdict.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

/** Longer than a failover takes: A is to be within its lease all the time. */
const failoverLeaseMs = 20_000;
/** A is paused before its processor has answered. */
const gatewayMs = 1000;
const blockedAfterMs = 2000;

export const failover: Scenario = {
  name: 'failover',
  claim:
    'With asynchronous replication a failover loses locks that were granted: the promoted replica grants them again.',
  source: 'Redis documentation, "Distributed Locks with Redis", "Why Failover-based Implementations Are Not Enough"',
  fault:
    'primary and replica under a real Sentinel: replication cut, lock granted, primary killed, replica promoted; A is paused meanwhile, within its lease',
  expected: expect(
    unguarded,
    ['violated', ['naive', 'redis'], 'the promoted replica knows nothing of A’s lock, and A’s lease looks good to A'],
    [
      'held',
      ['fenced'],
      'the lock is lost as well, but the row knows: B’s token is the higher one, as tokens begin at the clock',
    ],
    ['held', ['redlock'], 'its nodes have no replicas, and the dead primary is none of them'],
    ['held', ['row', 'version'], 'they need no Redis'],
  ),
  fleet: () => ({ env: { LOCK_TTL_MS: String(failoverLeaseMs) } }),
  async play(context) {
    const { userId, instances } = context;
    const [faulty] = instances;
    const { replicationCut, failover } = await watchPrimary(context);
    await context.inject(replicationCut);
    // Not by the step control: that one is kept in the Redis that dies.
    const holder = context.send({ who: 'A', at: faulty, userId, command: 'pay', stepped: false, gatewayMs });
    await untilCharged(context);
    const resume = await context.inject(frozen(faulty));
    const diedAtMs = performance.now();
    await context.inject(failover);
    context.tell('Sentinel has promoted the replica');
    context.note('failoverMs', Math.round(performance.now() - diedAtMs));
    context.note('rivalGotIn', await cancelOnceRedisIsBack(context));
    holder.isStopped();
    await resume();
    context.note('holderIsAnswered', await holder.answer());
    for (const rival of context.requests) await rival.answer();
  },
};

/** @throws {Inconclusive} when the charge is not in the books in time. */
async function untilCharged({ instances, userId }: ScenarioContext): Promise<void> {
  const hasCharged = async () => {
    const { balance } = await callLab(instances[1].url, `/users/${userId}`, z.object({ balance: z.number() }));
    return balance > 0;
  };
  const error = (message: string) => new Inconclusive(message);
  await until('A has charged', hasCharged, { withinMs: gatewayMs, everyMs: 5, error });
}

/** Sends B, again while its instance has no Redis yet. @returns whether it got in, or was kept out. */
async function cancelOnceRedisIsBack(context: ScenarioContext): Promise<boolean> {
  const { userId, instances } = context;
  const sendB = async () => {
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
    if (!(await rival.tryAnswer(blockedAfterMs))) return 'kept out';
    return rival.operation?.answer !== 'unavailable' && 'let in';
  };
  const error = () => new Inconclusive('B’s instance has not found the new primary');
  return (await until('B is answered', sendB, { withinMs: 15_000, everyMs: 100, error })) === 'let in';
}
