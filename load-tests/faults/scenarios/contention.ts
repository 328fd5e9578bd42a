import { loadThrough } from '../context/load-through.ts';
import type { Scenario } from './scenario.ts';

export const contention: Scenario = {
  name: 'contention',
  claim: 'Under load without faults, every guard that all instances share provides mutual exclusion.',
  source: 'Redis documentation, "Distributed Locks with Redis", safety property 1 (mutual exclusion)',
  fault: 'none: eight clients for few users, through nginx',
  async run(context) {
    await loadThrough(context, { beforeMs: 0, lastsMs: 1200, afterMs: 0 });
  },
};
