import { lockModeTraits } from '../../../app/lock-modes/registry.ts';
import { assertAdmitted } from './admission.ts';
import type { Scenario } from './scenario.ts';

export const wrongKey: Scenario = {
  name: 'wrong-key',
  claim: 'A lock protects only what its key names: two amounts of one user have two keys, but one flag.',
  source: 'this service: LOCK_KEY=payment, with the key PAYMENT_<userId>_<amount>',
  fault: 'none: two payments of different amounts for one user',
  async run(context) {
    const { mode, userId, instances, blockedAfterMs } = context;
    const first = context.send({ who: 'A', at: instances[0], userId, command: 'pay' });
    await first.stepUntil('write');
    const other = context.send({ who: 'B', at: instances[1], userId, command: 'pay', amount: 9900, stepped: false });
    const otherGotIn = await other.tryAnswer(blockedAfterMs);
    const isLockFree = lockModeTraits[mode].excludes === 'key'; // it has another key
    assertAdmitted(context, { isAdmitted: otherGotIn, isLockFree, withinMs: blockedAfterMs });
    context.note('otherGotIn', otherGotIn);
    await first.resume();
    await first.answer();
    await other.answer();
  },
};
