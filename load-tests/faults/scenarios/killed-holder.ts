import { readUnfinishedCharges } from '../evidence/records.ts';
import { killed } from '../stage/faults.ts';
import { keptOutAfterMs } from '../stage/stage.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

export const killedHolder: Scenario = {
  name: 'killed-holder',
  claim:
    'The lock of a client that crashes is free again in the end, and nobody is let in together with another one on the way.',
  source: 'Redis documentation, "Distributed Locks with Redis", liveness property A (deadlock free)',
  fault: 'SIGKILL of an instance that holds two locks, one before the charge and one after it',
  expected: expect(
    unguarded,
    ['held', ['naive', 'redis', 'redlock', 'fenced'], 'the next one gets in when the TTL has run out, and alone'],
    ['held', ['row'], 'the database sees the connection break and unlocks the row at once'],
    ['held', ['version'], 'nothing was locked'],
  ),
  async play(stage) {
    const [faulty, rivalAt, thirdAt] = stage.instances;
    const [before = 0, after = 0] = stage.users;
    const uncharged = stage.send({ who: 'A', at: faulty, userId: before, command: 'pay' });
    const charged = stage.send({ who: 'A2', at: faulty, userId: after, command: 'pay' });
    await uncharged.until('act');
    await charged.until('write');

    await stage.inject(killed(faulty));
    const killedAtMs = performance.now();
    const next = stage.send({ who: 'B', at: rivalAt, userId: before, command: 'pay' });
    await next.until('read');
    const nextInMs = Math.round(performance.now() - killedAtMs);
    stage.note('nextInMs', nextInMs);
    stage.note('unavailableMs', nextInMs);
    await next.until('write');
    const third = stage.send({ who: 'C', at: thirdAt, userId: before, command: 'pay', stepped: false });
    stage.note('thirdGotIn', await third.tryAnswer(keptOutAfterMs));
    await next.letGo();
    await next.answer();
    await third.answer();

    // Nobody but a reconcile job, or a cancel as here, finds the charge whose request has died.
    stage.note('unfinishedCharges', await readUnfinishedCharges(stage.stack.mysql.url));
    const cancel = stage.send({ who: 'D', at: rivalAt, userId: after, command: 'cancel', stepped: false });
    stage.note('cancelled', await cancel.answer());
  },
};
