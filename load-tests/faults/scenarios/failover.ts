import { userSchema } from '../../../app/payments/users.ts';
import { until } from '../../../app/testing/until.ts';
import { callLab } from '../../client/lab-client.ts';
import { frozen } from '../context/faults.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { watchPrimary } from '../context/sentinel-failover.ts';
import { Inconclusive } from '../verdict.ts';
import type { Scenario } from './scenario.ts';

/** Longer than a failover, so that A's lease stays valid. */
const failoverLeaseMs = 20_000;
/** Time to pause A before the payment processor answers. */
const gatewayMs = 1000;
const blockedAfterMs = 2000;

export const failover: Scenario = {
  name: 'failover',
  claim: 'With asynchronous replication, a failover loses granted locks: the promoted replica grants them again.',
  source: 'Redis documentation, "Distributed Locks with Redis", "Why Failover-based Implementations Are Not Enough"',
  fault:
    'primary and replica under a real Sentinel: replication cut, lock granted to A, primary killed, replica promoted; A is paused meanwhile, within its lease',
  instances: () => ({ env: { LOCK_TTL_MS: String(failoverLeaseMs) } }),
  async run(context) {
    const { userId, instances } = context;
    const [faulty] = instances;
    const { replicationCut, failover } = await watchPrimary(context);
    await context.inject(replicationCut);
    // Not stepped: the step control keeps its state in the Redis that dies.
    const holder = context.send({ who: 'A', at: faulty, userId, command: 'pay', stepped: false, gatewayMs });
    await untilCharged(context);
    const heal = await context.inject(frozen(faulty));
    const killedAtMs = performance.now();
    await context.inject(failover);
    context.remark('Sentinel has promoted the replica');
    context.note('failoverMs', Math.round(performance.now() - killedAtMs));
    context.note('rivalGotIn', await cancelOnceRedisIsBack(context));
    holder.assertUnanswered();
    await heal();
    context.note('holderIsAnswered', await holder.answer());
    for (const rival of context.requests) await rival.answer();
  },
};

/** @throws {Inconclusive} when the charge is not in the ledger before the timeout. */
async function untilCharged({ instances, userId }: ScenarioContext): Promise<void> {
  const hasCharged = async () => {
    const { balance } = await callLab(instances[1].url, `/users/${userId}`, userSchema);
    return balance > 0;
  };
  const error = (message: string) => new Inconclusive(message);
  await until('A has charged', hasCharged, { withinMs: gatewayMs, everyMs: 5, error });
}

/** Sends B, and again while its instance has no Redis. @returns whether it was admitted. */
async function cancelOnceRedisIsBack(context: ScenarioContext): Promise<boolean> {
  const { userId, instances } = context;
  const sendB = async () => {
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
    if (!(await rival.tryAnswer(blockedAfterMs))) return 'blocked';
    return rival.operation?.answer !== 'unavailable' && 'admitted';
  };
  const error = () => new Inconclusive('B’s instance has not found the new primary');
  return (await until('B is answered', sendB, { withinMs: 15_000, everyMs: 100, error })) === 'admitted';
}
