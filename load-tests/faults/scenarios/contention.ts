import { loadThrough } from '../context/load-through.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

export const contention: Scenario = {
  name: 'contention',
  claim: 'Under load alone, without any fault, every guard that all instances share keeps requests apart.',
  source: 'Redis documentation, "Distributed Locks with Redis", safety property 1 (mutual exclusion)',
  fault: 'none: eight clients at few users, through nginx',
  expected: expect(unguarded, [
    'held',
    ['naive', 'redis', 'redlock', 'fenced', 'row', 'version'],
    'nobody outlives its lease, and whoever is outrun is refused',
  ]),
  async play(context) {
    await loadThrough(context, { beforeMs: 0, lastsMs: 1200, afterMs: 0 });
  },
};
