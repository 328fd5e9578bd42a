import { frozen, frozenOnceSent } from '../context/faults.ts';
import { usualAmount } from '../context/requests.ts';
import { lockServers, type ScenarioContext } from '../context/scenario-context.ts';
import { assertAdmitted, hasTtl } from './admission.ts';
import type { Scenario } from './scenario.ts';

export const pausedAcquire: Scenario = {
  name: 'paused-acquire',
  claim:
    'A pause during the acquire is harmless if the client checks the time afterwards: the lease counts from before the request.',
  source: 'antirez, "Is Redlock safe?" (2016), http://antirez.com/news/101',
  fault:
    'SIGSTOP when the lock is requested, so that the grant waits in the socket past the TTL; without a lock server, just after the request was admitted',
  async run(context) {
    const { userId, instances, pastLeaseMs, blockedAfterMs } = context;
    const proxies = lockServers(context.mode, context.proxies);
    const send = (stepped: boolean) => context.send({ who: 'A', at: instances[0], userId, command: 'pay', stepped });
    let heal: () => Promise<void>;
    let late: ReturnType<ScenarioContext['send']>;
    if (proxies.length > 0) {
      const key = `PAYMENT_${userId}_${usualAmount}`;
      const quorum = Math.floor(proxies.length / 2) + 1; // requested from a majority, it will be granted
      const pause = frozenOnceSent(instances[0], proxies, key, quorum);
      heal = await context.inject(pause);
      late = send(false);
      await pause.hit();
      context.remark(`${pause.what}: the grant is in flight`);
    } else {
      late = send(true);
      await late.stepUntil('read');
      heal = await context.inject(frozen(instances[0]));
      await late.resume();
    }
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'pay' });
    const rivalGotIn = (await rival.tryStepUntil('write', pastLeaseMs)) === 'write';
    assertAdmitted(context, { isAdmitted: rivalGotIn, isLockFree: hasTtl(context), withinMs: pastLeaseMs });
    context.note('rivalGotIn', rivalGotIn);
    late.assertUnanswered();
    await heal();
    await late.tryAnswer(blockedAfterMs);
    await rival.resume();
    context.note('answers', { A: await late.answer(), B: await rival.answer() });
  },
};
