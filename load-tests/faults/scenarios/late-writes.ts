import { type Breakpoint, type Fault, frozen, frozenOnceSent, heldOnceSent } from '../context/faults.ts';
import { blockedAfterMs, leaseMs, pastLeaseMs, type ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';
import { expect, type Scenario, thirdGetsIn, unguarded } from './scenario.ts';

/** How the statement that writes the flag begins. An instance has looked at its lease for the last time when it sends it. */
const flagWrite = 'UPDATE users SET paid';

const kleppmann =
  'Martin Kleppmann, "How to do distributed locking" (2016), https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html';

const lateWrite = expect(
  unguarded,
  [
    'violated',
    ['naive', 'redis', 'redlock'],
    'its lease was good when it looked, and nothing looks again: the database takes the late write for a timely one',
  ],
  ['held', ['fenced'], 'the rival has registered a higher token on the row: the write is refused'],
  ['held', ['row'], 'the database keeps the row locked as long as its connection lives: the rival waits'],
  ['held', ['version'], 'the rival has raised the version: the write is refused'],
);

/** A is to write and meets the fault; when B is through or kept out, A goes on. */
async function meet(context: ScenarioContext, fault: Fault, untilMet = async () => {}): Promise<void> {
  const { userId, instances } = context;
  const late = context.send({ who: 'A', at: instances[0], userId, command: 'pay' });
  await late.until('write');
  const heal = await context.inject(fault);
  await late.letGo();
  await untilMet();
  const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
  context.note('rivalGotIn', await rival.tryAnswer(pastLeaseMs));
  late.isStopped();
  await heal();
  await late.answer();
  await rival.answer();
}

/** A's flag write hits the breakpoint after A has checked its lease. */
function meetAfterTheCheck(context: ScenarioContext, breakpoint: Breakpoint): Promise<void> {
  return meet(context, breakpoint, async () => {
    await breakpoint.hit();
    context.tell(`A has looked at its lease, and ${breakpoint.what}`);
  });
}

export const pausedHolder: Scenario = {
  name: 'paused-holder',
  claim:
    'A process that is paused between its last look at the lease and its write breaks any lock with a TTL; a fencing token does not let it.',
  source: `${kleppmann}, "Protecting a resource with a lock"`,
  fault: 'SIGSTOP when the instance prepares its UPDATE, until the rival is through or kept out past the TTL; SIGCONT',
  expected: lateWrite,
  play: (context) =>
    meetAfterTheCheck(context, frozenOnceSent(context.instances[0], [context.proxies.mysql], flagWrite)),
};

export const delayedWrite: Scenario = {
  name: 'delayed-write',
  claim:
    'A packet that the network delays past the TTL does the same as a pause, and no process can check for it. GitHub saw packets delayed by about 90 seconds.',
  source: `${kleppmann}; GitHub, "Downtime last Saturday" (2012), https://github.blog/2012-12-26-downtime-last-saturday/`,
  fault: 'a proxy keeps the UPDATE until the rival is through or kept out past the TTL',
  expected: lateWrite,
  play: (context) => meetAfterTheCheck(context, heldOnceSent(context.proxies.mysql, flagWrite)),
};

export const pausedBeforeCheck: Scenario = {
  name: 'paused-before-check',
  claim:
    'Whoever looks at its local deadline right before it writes is saved from every pause that comes before that look.',
  source: 'the variant of paused-holder; antirez, "Is Redlock safe?" (2016), http://antirez.com/news/101',
  fault: 'SIGSTOP before the last look at the lease, until the rival is through or kept out past the TTL; SIGCONT',
  expected: expect(
    unguarded,
    ['violated', ['naive'], 'it looks at no lease'],
    ['held', ['redis', 'redlock'], 'by its own monotonic clock the lease is over: it does not send the write'],
    ['held', ['fenced', 'row', 'version'], 'as after the check: the row decides'],
  ),
  // It hears that it may go on when it is awake again.
  play: (context) => meet(context, frozen(context.instances[0])),
};

export const foreignRelease: Scenario = {
  name: 'foreign-release',
  claim:
    'Whoever releases by a bare DEL frees the lock of whoever came after it, and a third one gets in; an owner id prevents that, and only that.',
  source: 'Redis documentation, "Distributed Locks with Redis", "Correct Implementation with a Single Instance"',
  fault: 'the UPDATE takes until past the TTL; the release comes while the rival is inside',
  // `none`, `memory` and `version` keep nobody out on another instance, with or without a release.
  expected: thirdGetsIn(lateWrite, ['none', 'memory', 'naive', 'version']),
  async play(context) {
    const { userId, instances, mode } = context;
    const sentAtMs = performance.now();
    const late = context.send({ who: 'A', at: instances[0], userId, command: 'pay' });
    await late.until('write');
    const slow = heldOnceSent(context.proxies.mysql, flagWrite);
    const heal = await context.inject(slow);
    await late.letGo();
    await slow.hit();
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel' });
    const stands = await rival.tryUntil('write', pastLeaseMs);
    late.isStopped();
    await heal();
    await late.answer(); // and has released
    if (stands !== 'write') await rival.until('write');
    const third = context.send({ who: 'C', at: instances[2], userId, command: 'pay' });
    const expected = foreignRelease.expected[mode];
    const withinMs = expected?.thirdGotIn ? isLetInWithinMs : blockedAfterMs;
    const thirdGotIn = (await third.tryUntil('read', withinMs)) === 'read';
    // Nobody grants B its lock before A's lease is over, and from then on it is B's for as long.
    const heldForMs = Math.round(performance.now() - (sentAtMs + leaseMs));
    const byB = expected?.verdict === 'violated'; // by B's late write, which must come while its own lease lasts
    if ((thirdGotIn || byB) && heldForMs > leaseMs * 0.9) {
      throw new Inconclusive(`B was inside for ${heldForMs} ms: its own lease may have been over`);
    }
    context.note('thirdGotIn', thirdGotIn);
    await rival.letGo();
    await rival.answer();
    await third.letGo();
    await third.answer();
  },
};

/** On a busy machine, whom nothing keeps out is in within this. */
const isLetInWithinMs = 5000;
