import type { Scenario } from './scenario.ts';

export const mixedFleet: Scenario = {
  name: 'mixed-fleet',
  claim: 'A guard must be used by all writers: one unguarded writer is enough to break it.',
  source: 'a half-finished deployment: these locks are advisory (Kleppmann 2016: the resource itself must check)',
  fault: 'one of three instances runs with LOCK_MODE=none',
  instances: () => ({ envOf: (name) => (name === 'app-3' ? { LOCK_MODE: 'none' } : {}) }),
  async run(context) {
    const { userId, instances } = context;
    const unguarded = context.send({ who: 'B', at: instances[2], userId, command: 'pay' });
    await unguarded.stepUntil('write');
    const guarded = context.send({ who: 'A', at: instances[0], userId, command: 'pay', stepped: false });
    await guarded.answer();
    await unguarded.resume();
    await unguarded.answer();
  },
};
