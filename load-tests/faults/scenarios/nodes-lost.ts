import type { TcpProxy } from '../../../app/testing/proxy.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import { killed } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import { lockServers, type ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';
import type { Scenario } from './scenario.ts';

const outageMs = 1000;

/**
 * @param lost the first of the mode's lock servers, if it has any.
 * @throws {Inconclusive} if one of them was asked for no lock before it was killed: then the mode has lost nothing.
 */
async function loseUnderLoad(context: ScenarioContext, lost: readonly RedisServer[]): Promise<void> {
  const proxies = lockServers(context.mode, context.proxies).slice(0, lost.length);
  const asked = new Set<TcpProxy>();
  for (const proxy of proxies) {
    proxy.filter = ({ from, data }) => {
      if (from === 'client' && data.includes('PAYMENT_')) asked.add(proxy);
      return 'pass';
    };
  }
  const fault = killed(...lost);
  const inject = () => {
    for (const proxy of proxies) proxy.filter = () => 'pass';
    return fault.inject();
  };
  await loadThrough(context, { fault: { ...fault, inject }, lastsMs: outageMs });
  if (asked.size < proxies.length) throw new Inconclusive('a server was killed that had been asked for no lock');
}

export const nodeLost: Scenario = {
  name: 'node-lost',
  claim: 'A lock on one Redis is as available as that Redis; Redlock is available while a majority of its nodes is.',
  source: 'Redis documentation, "Distributed Locks with Redis", liveness property B (fault tolerance)',
  fault:
    'SIGKILL under load, of the one Redis or, for redlock, of two of five nodes; they come back empty after the work in flight',
  async run(context) {
    const { redis, redlock } = context.stack;
    await loseUnderLoad(context, context.mode === 'redlock' ? redlock.slice(0, 2) : [redis]);
  },
};

export const majorityLost: Scenario = {
  name: 'majority-lost',
  claim: 'Without a majority of its nodes, Redlock grants nothing: it is unavailable, but safe.',
  source: nodeLost.source,
  fault: 'SIGKILL of three of five nodes under load; they come back empty after the work in flight',
  run: (context) => loseUnderLoad(context, context.stack.redlock.slice(0, 3)),
};
