import { killed } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import type { Scenario } from './scenario.ts';

const outageMs = 1000;

export const nodeLost: Scenario = {
  name: 'node-lost',
  claim: 'A lock on one Redis is as available as that Redis; Redlock is available while a majority of its nodes is.',
  source: 'Redis documentation, "Distributed Locks with Redis", liveness property B (fault tolerance)',
  fault:
    'SIGKILL under load, of the one Redis or, for redlock, of two of five nodes; they come back empty after the work in flight',
  async run(context) {
    const { redis, redlock } = context.stack;
    const lost = context.mode === 'redlock' ? redlock.slice(0, 2) : [redis];
    await loadThrough(context, { fault: killed(...lost), lastsMs: outageMs });
  },
};

export const majorityLost: Scenario = {
  name: 'majority-lost',
  claim: 'Without a majority of its nodes, Redlock grants nothing: it is unavailable, but safe.',
  source: nodeLost.source,
  fault: 'SIGKILL of three of five nodes under load; they come back empty after the work in flight',
  async run(context) {
    await loadThrough(context, { fault: killed(...context.stack.redlock.slice(0, 3)), lastsMs: outageMs });
  },
};
