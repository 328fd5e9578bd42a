import { lockModeNames } from '../../../app/lock-modes/index.ts';
import { expect, type Scenario } from './scenario.ts';

export const mixedFleet: Scenario = {
  name: 'mixed-fleet',
  claim: 'A guard that not everybody uses guards nothing: one unguarded writer is enough.',
  source: 'a deploy that is half done: locks here are advisory (Kleppmann 2016: the resource itself must check)',
  fault: 'one of three instances runs with LOCK_MODE=none',
  expected: expect([
    'violated',
    lockModeNames,
    'the unguarded write asks for no lock, no token and no version: it overwrites what it has not seen',
  ]),
  fleet: () => ({ envOf: (name) => (name === 'app-3' ? { LOCK_MODE: 'none' } : {}) }),
  async play(context) {
    const { userId, instances } = context;
    const unguarded = context.send({ who: 'B', at: instances[2], userId, command: 'pay' });
    await unguarded.until('write');
    const guarded = context.send({ who: 'A', at: instances[0], userId, command: 'pay', stepped: false });
    await guarded.answer();
    await unguarded.letGo();
    await unguarded.answer();
  },
};
