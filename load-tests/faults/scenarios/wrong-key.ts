import { blockedAfterMs } from '../context/scenario-context.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

export const wrongKey: Scenario = {
  name: 'wrong-key',
  claim: 'A lock protects what its key names, and nothing else: two amounts of one user are two keys, and one flag.',
  source: 'this service: LOCK_KEY=payment, the key being PAYMENT_<userId>_<amount>',
  fault: 'none: two payments of different amounts for one user',
  expected: expect(
    unguarded,
    ['violated', ['naive', 'redis', 'redlock'], 'each of the two holds a lock of its own'],
    ['held', ['fenced', 'row', 'version'], 'what decides is on the row, whatever the key'],
  ),
  async play(context) {
    const { userId, instances } = context;
    const first = context.send({ who: 'A', at: instances[0], userId, command: 'pay' });
    await first.until('write');
    const other = context.send({ who: 'B', at: instances[1], userId, command: 'pay', amount: 9900, stepped: false });
    context.note('otherGotIn', await other.tryAnswer(blockedAfterMs));
    await first.letGo();
    await first.answer();
    await other.answer();
  },
};
