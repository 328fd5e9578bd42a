import { frozen, frozenOnceSent } from '../context/faults.ts';
import { lockServers } from '../context/lock-servers.ts';
import { usualAmount } from '../context/requests.ts';
import { blockedAfterMs, pastLeaseMs, type ScenarioContext } from '../context/scenario-context.ts';
import { expect, type Scenario, unguarded } from './scenario.ts';

export const pausedAcquire: Scenario = {
  name: 'paused-acquire',
  claim:
    'A pause while the grant is on its way does no harm to whoever looks at the time after it has come: what is left of the lease counts from before it was asked for.',
  source: 'antirez, "Is Redlock safe?" (2016), http://antirez.com/news/101',
  fault:
    'SIGSTOP when the lock is asked for, so that the grant waits in the socket past the TTL; where no server grants locks, right after the guard has let the request in',
  expected: expect(
    unguarded,
    ['violated', ['naive'], 'OK is OK, however late it is read'],
    [
      'held',
      ['redis', 'redlock', 'fenced'],
      'the grant is over when it is read, by the monotonic clock, and is not used',
    ],
    ['held', ['row', 'version'], 'there is no lease to run out'],
  ),
  async play(context) {
    const { userId, instances } = context;
    const proxies = lockServers(context.mode, context.proxies);
    const send = (stepped: boolean) => context.send({ who: 'A', at: instances[0], userId, command: 'pay', stepped });
    let heal: () => Promise<void>;
    let late: ReturnType<ScenarioContext['send']>;
    if (proxies.length > 0) {
      const key = `PAYMENT_${userId}_${usualAmount}`;
      const quorum = Math.floor(proxies.length / 2) + 1; // asked of so many, it will be granted
      const pause = frozenOnceSent(instances[0], proxies, key, quorum);
      heal = await context.inject(pause);
      late = send(false);
      await pause.hit();
      context.tell(`${pause.what}: the grant is on its way`);
    } else {
      late = send(true);
      await late.until('read');
      heal = await context.inject(frozen(instances[0]));
      await late.letGo();
    }
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'pay' });
    context.note('rivalGotIn', (await rival.tryUntil('write', pastLeaseMs)) === 'write');
    late.isStopped();
    await heal();
    await late.tryAnswer(blockedAfterMs);
    await rival.letGo();
    context.note('answers', { A: await late.answer(), B: await rival.answer() });
  },
};
