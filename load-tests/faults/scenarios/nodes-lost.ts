import { killed } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

const outageMs = 1000;

export const nodeLost: Scenario = {
  name: 'node-lost',
  claim: 'A lock on one Redis is as available as that Redis; Redlock goes on as long as a majority of its nodes does.',
  source: 'Redis documentation, "Distributed Locks with Redis", liveness property B (fault tolerance)',
  fault:
    'SIGKILL under load: of the one Redis; for redlock, of two nodes of five; they come back empty after the work in flight is done',
  expected: expect(
    unguarded,
    ['unavailable', ['naive', 'redis', 'fenced'], 'without its Redis the guard fails closed: nobody runs unguarded'],
    ['held', ['redlock'], 'three of five are a majority'],
    ['held', ['row', 'version'], 'they need no Redis'],
  ),
  async play(context) {
    const { redis, redlock } = context.stack;
    const lost = context.mode === 'redlock' ? redlock.slice(0, 2) : [redis];
    await loadThrough(context, { fault: killed(...lost), lastsMs: outageMs });
  },
};

export const majorityLost: Scenario = {
  name: 'majority-lost',
  claim: 'Without a majority of its nodes Redlock grants nothing: it is unavailable, and not unsafe.',
  source: nodeLost.source,
  fault: 'SIGKILL of three nodes of five under load; they come back empty after the work in flight is done',
  expected: expect(['unavailable', ['redlock'], 'two of five are no majority: everybody is refused']),
  async play(context) {
    await loadThrough(context, { fault: killed(...context.stack.redlock.slice(0, 3)), lastsMs: outageMs });
  },
};
