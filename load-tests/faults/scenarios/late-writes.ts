import { type Breakpoint, type Fault, frozen, frozenOnceSent, heldOnceSent } from '../context/faults.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';
import type { Scenario } from './scenario.ts';

/** The start of the statement that writes the flag. An instance sends it after its last check of the lease. */
const flagWrite = 'UPDATE users SET paid';

const kleppmann =
  'Martin Kleppmann, "How to do distributed locking" (2016), https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html';

/** Injects the fault when A is about to write. A continues once B has finished or is blocked. */
async function raceWithFault(context: ScenarioContext, fault: Fault, untilHit = async () => {}): Promise<void> {
  const { userId, instances } = context;
  const late = context.send({ who: 'A', at: instances[0], userId, command: 'pay' });
  await late.stepUntil('write');
  const heal = await context.inject(fault);
  await late.resume();
  await untilHit();
  const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
  context.note('rivalGotIn', await rival.tryAnswer(context.pastLeaseMs));
  late.assertUnanswered();
  await heal();
  await late.answer();
  await rival.answer();
}

/** A's flag write hits the breakpoint, after A's check of its lease. */
function raceAfterCheck(context: ScenarioContext, breakpoint: Breakpoint): Promise<void> {
  return raceWithFault(context, breakpoint, async () => {
    await breakpoint.hit();
    context.remark(`A has checked its lease, and ${breakpoint.what}`);
  });
}

export const pausedHolder: Scenario = {
  name: 'paused-holder',
  claim:
    'A process that is paused between its last check of the lease and its write breaks any lock with a TTL; a fencing token prevents that.',
  source: `${kleppmann}, "Protecting a resource with a lock"`,
  fault:
    'SIGSTOP when the instance prepares its UPDATE; SIGCONT once the rival has finished, or is blocked past the TTL',
  run: (context) => raceAfterCheck(context, frozenOnceSent(context.instances[0], [context.proxies.mysql], flagWrite)),
};

export const delayedWrite: Scenario = {
  name: 'delayed-write',
  claim:
    'A packet that the network delays past the TTL has the effect of a pause, and no process can check for it. GitHub saw delays of about 90 seconds.',
  source: `${kleppmann}; GitHub, "Downtime last Saturday" (2012), https://github.blog/2012-12-26-downtime-last-saturday/`,
  fault: 'a proxy delays the UPDATE until the rival has finished, or is blocked past the TTL',
  run: (context) => raceAfterCheck(context, heldOnceSent(context.proxies.mysql, flagWrite)),
};

export const pausedBeforeCheck: Scenario = {
  name: 'paused-before-check',
  claim: 'A check of the local deadline just before the write protects from every pause before that check.',
  source: 'the variant of paused-holder; antirez, "Is Redlock safe?" (2016), http://antirez.com/news/101',
  fault: 'SIGSTOP before the last check of the lease; SIGCONT once the rival has finished, or is blocked past the TTL',
  // The paused instance receives the release of its step after SIGCONT.
  run: (context) => raceWithFault(context, frozen(context.instances[0])),
};

export const foreignRelease: Scenario = {
  name: 'foreign-release',
  claim:
    'A release by a bare DEL frees the next holder’s lock and admits a third request; an owner id prevents that, and only that.',
  source: 'Redis documentation, "Distributed Locks with Redis", "Correct Implementation with a Single Instance"',
  fault: 'the UPDATE is delayed past the TTL; the release follows while the rival is in its critical section',
  async run(context) {
    const { userId, instances, expected, leaseMs, pastLeaseMs, blockedAfterMs } = context;
    const sentAtMs = performance.now();
    const late = context.send({ who: 'A', at: instances[0], userId, command: 'pay' });
    await late.stepUntil('write');
    const slow = heldOnceSent(context.proxies.mysql, flagWrite);
    const heal = await context.inject(slow);
    await late.resume();
    await slow.hit();
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel' });
    const position = await rival.tryStepUntil('write', pastLeaseMs);
    late.assertUnanswered();
    await heal();
    await late.answer(); // after its release
    if (position !== 'write') await rival.stepUntil('write');
    const third = context.send({ who: 'C', at: instances[2], userId, command: 'pay' });
    const withinMs = expected.thirdGotIn ? admittedWithinMs : blockedAfterMs;
    const thirdGotIn = (await third.tryStepUntil('read', withinMs)) === 'read';
    // B is granted the lock when A's lease expires, and holds it for one lease.
    const heldForMs = Math.round(performance.now() - (sentAtMs + leaseMs));
    const byB = expected.verdict === 'violated'; // by B's write, which must come within its own lease
    if ((thirdGotIn || byB) && heldForMs > leaseMs * 0.9) {
      throw new Inconclusive(`B held the lock for ${heldForMs} ms: its lease may have expired`);
    }
    context.note('thirdGotIn', thirdGotIn);
    await rival.resume();
    await rival.answer();
    await third.resume();
    await third.answer();
  },
};

/** For an unblocked request on a busy machine. */
const admittedWithinMs = 5000;
