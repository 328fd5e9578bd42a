import { cutOff } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import { lockServers } from '../context/scenario-context.ts';
import type { Scenario } from './scenario.ts';

const lastsMs = 1500;
export const partitionFromRedis: Scenario = {
  name: 'partition-redis',
  claim: 'An instance that cannot reach the lock service must refuse requests rather than run unguarded.',
  source: 'Redis documentation, "Distributed Locks with Redis"; fail closed, as this service promises',
  fault: 'all packets between app-1 and any Redis are dropped, under load; then healed, with new connections',
  async run(context) {
    const { redis, redlock } = context.proxies;
    const fault = cutOff('app-1 is cut off from Redis', ['app-1'], [redis, ...redlock]);
    await loadThrough(context, { fault, lastsMs });
    fault.assertHit(lockServers(context.mode, context.proxies));
  },
};

export const partitionFromMysql: Scenario = {
  name: 'partition-mysql',
  claim: 'A write sent before a partition takes effect within its lease or never.',
  source: 'delayed-write, without the delay: packets that a partition drops do not arrive later',
  fault: 'all packets between app-1 and MySQL are dropped, under load; then healed, with new connections',
  async run(context) {
    const fault = cutOff('app-1 is cut off from MySQL', ['app-1', 'mysql'], [context.proxies.mysql]);
    await loadThrough(context, { fault, lastsMs });
    fault.assertHit();
  },
};
