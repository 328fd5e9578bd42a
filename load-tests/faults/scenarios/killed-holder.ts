import { killed } from '../context/faults.ts';
import { readUnfinishedCharges } from '../evidence/records.ts';
import { assertAdmitted } from './admission.ts';
import type { Scenario } from './scenario.ts';

export const killedHolder: Scenario = {
  name: 'killed-holder',
  claim: 'The lock of a crashed client becomes free again, without admitting two requests at once.',
  source: 'Redis documentation, "Distributed Locks with Redis", liveness property A (deadlock free)',
  fault: 'SIGKILL of an instance that holds two locks, one before its charge and one after it',
  async run(context) {
    const [faulty, rivalAt, thirdAt] = context.instances;
    const [before = 0, after = 0] = context.users;
    const uncharged = context.send({ who: 'A', at: faulty, userId: before, command: 'pay' });
    const charged = context.send({ who: 'A2', at: faulty, userId: after, command: 'pay' });
    await uncharged.stepUntil('act');
    await charged.stepUntil('write');

    await context.inject(killed(faulty));
    const killedAtMs = performance.now();
    const next = context.send({ who: 'B', at: rivalAt, userId: before, command: 'pay' });
    await next.stepUntil('read');
    const nextInMs = Math.round(performance.now() - killedAtMs);
    context.note('nextInMs', nextInMs);
    context.note('unavailableMs', nextInMs);
    await next.stepUntil('write');
    const third = context.send({ who: 'C', at: thirdAt, userId: before, command: 'pay', stepped: false });
    const thirdGotIn = await third.tryAnswer(context.blockedAfterMs);
    assertAdmitted(context, { who: 'C', isAdmitted: thirdGotIn, withinMs: context.blockedAfterMs });
    context.note('thirdGotIn', thirdGotIn);
    await next.resume();
    await next.answer();
    await third.answer();

    // Only a reconcile job, or a cancel as here, finds the charge of the dead request.
    context.note('unfinishedCharges', await readUnfinishedCharges(context.stack.mysql.url));
    const cancel = context.send({ who: 'D', at: rivalAt, userId: after, command: 'cancel', stepped: false });
    context.note('cancelled', await cancel.answer());
  },
};
