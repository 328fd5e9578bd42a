import { frozen, frozenOnceSent } from '../stage/faults.ts';
import { lockServers } from '../stage/lock-servers.ts';
import { usualAmount } from '../stage/requests.ts';
import { keptOutAfterMs, pastLeaseMs, type Stage } from '../stage/stage.ts';
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
  async play(stage) {
    const { userId, instances } = stage;
    const ways = lockServers(stage.mode, stage.ways);
    const send = (stepped: boolean) => stage.send({ who: 'A', at: instances[0], userId, command: 'pay', stepped });
    let heal: () => Promise<void>;
    let late: ReturnType<Stage['send']>;
    if (ways.length > 0) {
      const key = `PAYMENT_${userId}_${usualAmount}`;
      const quorum = Math.floor(ways.length / 2) + 1; // asked of so many, it will be granted
      const pause = frozenOnceSent(instances[0], ways, key, quorum);
      heal = await stage.inject(pause);
      late = send(false);
      await pause.sprung();
      stage.tell(`${pause.what}: the grant is on its way`);
    } else {
      late = send(true);
      await late.until('read');
      heal = await stage.inject(frozen(instances[0]));
      await late.letGo();
    }
    const rival = stage.send({ who: 'B', at: instances[1], userId, command: 'pay' });
    stage.note('rivalGotIn', (await rival.tryUntil('write', pastLeaseMs)) === 'write');
    late.isStopped();
    await heal();
    await late.tryAnswer(keptOutAfterMs);
    await rival.letGo();
    stage.note('answers', { A: await late.answer(), B: await rival.answer() });
  },
};
