import { lockModeTraits } from '../../../app/lock-modes/registry.ts';
import { userSchema } from '../../../app/payments/users.ts';
import { until } from '../../../app/testing/until.ts';
import { callLab } from '../../client/lab-client.ts';
import { askRedis } from '../../stack/servers/ask-redis.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import { type Fault, frozen } from '../context/faults.ts';
import { usualAmount } from '../context/requests.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { watchPrimary } from '../context/sentinel-failover.ts';
import { Inconclusive } from '../verdict.ts';
import { assertAdmitted } from './admission.ts';
import type { Scenario } from './scenario.ts';

/** Longer than a failover, so that A's lease stays valid. */
const leaseMs = 20_000;
/** Time to pause A before the payment processor answers. */
const gatewayMs = 1000;
const blockedAfterMs = 2000;
/** Far more than evict one key of a few. */
const mostFillers = 200;

// Not stepped: the step control keeps its state in the Redis that loses keys.
const instances = () => ({ env: { LOCK_TTL_MS: String(leaseMs) } });

export const failover: Scenario = {
  name: 'failover',
  claim: 'With asynchronous replication, a failover loses granted locks: the promoted replica grants them again.',
  source: 'Redis documentation, "Distributed Locks with Redis", "Why Failover-based Implementations Are Not Enough"',
  fault:
    'primary and replica under a real Sentinel: replication cut, lock granted to A, primary killed, replica promoted; A is paused meanwhile, within its lease',
  instances,
  async run(context) {
    const { replicationCut, failover } = await watchPrimary(context);
    await context.inject(replicationCut);
    await loseGrant(context, async () => {
      const killedAtMs = performance.now();
      await context.inject(failover);
      context.remark('Sentinel has promoted the replica');
      context.note('failoverMs', Math.round(performance.now() - killedAtMs));
    });
  },
};

export const eviction: Scenario = {
  name: 'eviction',
  claim: 'A full Redis whose policy evicts keys with a TTL deletes locks that are held.',
  source: 'Redis documentation, "Key eviction": the volatile policies evict keys that have an expiry set',
  fault:
    'maxmemory-policy volatile-ttl: the lock is granted to A, and keys without a TTL are written until its key is evicted, then deleted; A is paused meanwhile, within its lease',
  instances,
  run: (context) =>
    loseGrant(context, async () => {
      const makeRoom = await context.inject(filledUp(context.stack.redis, `PAYMENT_${context.userId}_${usualAmount}`));
      await makeRoom();
    }),
};

/** A charges and is paused, its Redis loses the lock, and B cancels. Then A goes on, within its lease. */
async function loseGrant(context: ScenarioContext, lose: () => Promise<void>): Promise<void> {
  const { userId, instances } = context;
  const [faulty] = instances;
  const holder = context.send({ who: 'A', at: faulty, userId, command: 'pay', stepped: false, gatewayMs });
  await untilCharged(context);
  const heal = await context.inject(frozen(faulty));
  await lose();
  const rivalGotIn = await cancelOnceRedisIsBack(context);
  const isLockFree = lockModeTraits[context.mode].locksOn === 'redis';
  assertAdmitted(context, { isAdmitted: rivalGotIn, isLockFree, withinMs: blockedAfterMs });
  context.note('rivalGotIn', rivalGotIn);
  holder.assertUnanswered();
  await heal();
  context.note('holderIsAnswered', await holder.answer());
  for (const rival of context.requests) await rival.answer();
}

/** Fills a Redis that evicts keys with a TTL, until this key is gone. */
function filledUp(redis: RedisServer, key: string): Fault {
  const fillers = Array.from({ length: mostFillers }, (_, index) => `filler:${index}`);
  return {
    what: 'Redis is full, and evicts keys with a TTL',
    targets: [redis.name],
    inject: () =>
      askRedis(redis.url, async (client) => {
        const used = /used_memory:(\d+)/.exec(await client.info('memory'))?.[1];
        await client.config('SET', 'maxmemory', Number(used), 'maxmemory-policy', 'volatile-ttl');
        for (const filler of fillers) {
          await client.set(filler, '.'.repeat(10_000)).catch(() => {}); // refused when nothing is left to evict
          if ((await client.exists(key)) === 0) return;
        }
        throw new Inconclusive(`${key} was not evicted`);
      }),
    heal: () =>
      askRedis(redis.url, async (client) => {
        await client.unlink(fillers);
        await client.config('SET', 'maxmemory', 0, 'maxmemory-policy', 'noeviction');
      }),
  };
}

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
