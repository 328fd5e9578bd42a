import { killed } from '../context/faults.ts';
import { blockedAfterMs } from '../context/scenario-context.ts';
import { readUnfinishedCharges } from '../evidence/records.ts';
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
  async play(context) {
    const [faulty, rivalAt, thirdAt] = context.instances;
    const [before = 0, after = 0] = context.users;
    const uncharged = context.send({ who: 'A', at: faulty, userId: before, command: 'pay' });
    const charged = context.send({ who: 'A2', at: faulty, userId: after, command: 'pay' });
    await uncharged.until('act');
    await charged.until('write');

    await context.inject(killed(faulty));
    const killedAtMs = performance.now();
    const next = context.send({ who: 'B', at: rivalAt, userId: before, command: 'pay' });
    await next.until('read');
    const nextInMs = Math.round(performance.now() - killedAtMs);
    context.note('nextInMs', nextInMs);
    context.note('unavailableMs', nextInMs);
    await next.until('write');
    const third = context.send({ who: 'C', at: thirdAt, userId: before, command: 'pay', stepped: false });
    context.note('thirdGotIn', await third.tryAnswer(blockedAfterMs));
    await next.letGo();
    await next.answer();
    await third.answer();

    // Nobody but a reconcile job, or a cancel as here, finds the charge whose request has died.
    context.note('unfinishedCharges', await readUnfinishedCharges(context.stack.mysql.url));
    const cancel = context.send({ who: 'D', at: rivalAt, userId: after, command: 'cancel', stepped: false });
    context.note('cancelled', await cancel.answer());
  },
};
