import { cutOff } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

const lastsMs = 1500;
const held = expect(unguarded, [
  'held',
  ['naive', 'redis', 'redlock', 'fenced', 'row', 'version'],
  'whoever is cut off is refused or gives up; the others go on, each alone',
]);

export const partitionFromRedis: Scenario = {
  name: 'partition-redis',
  claim: 'An instance that cannot reach the lock service must refuse, and not run unguarded.',
  source: 'Redis documentation, "Distributed Locks with Redis"; fail closed, as this service promises',
  fault: 'nothing passes between app-1 and any Redis, under load; then healed, by new connections',
  expected: held,
  async play(context) {
    const { redis, redlock } = context.proxies;
    await loadThrough(context, {
      fault: cutOff('app-1 is cut off from Redis', ['app-1'], [redis, ...redlock]),
      lastsMs,
    });
  },
};

export const partitionFromMysql: Scenario = {
  name: 'partition-mysql',
  claim: 'What a cut-off instance had sent either took effect within its lease or never does.',
  source: 'delayed-write, without the delay: what a partition swallows does not come later',
  fault: 'nothing passes between app-1 and MySQL, under load; then healed, by new connections',
  expected: held,
  async play(context) {
    await loadThrough(context, {
      fault: cutOff('app-1 is cut off from MySQL', ['app-1', 'mysql'], [context.proxies.mysql]),
      lastsMs,
    });
  },
};
