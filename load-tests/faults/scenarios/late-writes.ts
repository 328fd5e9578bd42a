import { until } from '../../../app/testing/until.ts';
import { type Breakpoint, type Fault, frozen, frozenOnceSent, heldOnceSent } from '../context/faults.ts';
import type { SentRequest } from '../context/requests.ts';
import { lockServers, type ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';
import { assertAdmitted, hasTtl } from './admission.ts';
import type { Scenario } from './scenario.ts';

/** The start of the statement that writes the flag. An instance sends it after its last check of the lease. */
const flagWrite = 'UPDATE users SET paid';

const kleppmann =
  'Martin Kleppmann, "How to do distributed locking" (2016), https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html';

/** Sends A, injects the fault when A is about to write, and resumes A. @returns A, and a function that heals the fault. */
async function sendLate(context: ScenarioContext, fault: Fault) {
  const late = context.send({ who: 'A', at: context.instances[0], userId: context.userId, command: 'pay' });
  await late.stepUntil('write');
  const heal = await context.inject(fault);
  await late.resume();
  return { late, heal };
}

/** Whether A's lease ends while A is late, or is renewed. */
type Lease = 'ends' | 'is renewed';

/** @throws {Inconclusive} if B should have been admitted while A was late: this machine was slower than the wait. */
function assertOvertaken(context: ScenarioContext, lease: Lease, isAdmitted: boolean): void {
  const isLockFree = lease === 'ends' && hasTtl(context);
  assertAdmitted(context, { isAdmitted, isLockFree, withinMs: context.pastLeaseMs });
}

/** Waits for B, which no fault affects. @throws {Inconclusive} if a stall of the machine has ended its lease. */
async function answerOf(context: ScenarioContext, rival: SentRequest, withinMs?: number): Promise<string> {
  const answer = await rival.answer(withinMs);
  if (hasTtl(context) && ['lease-lost', 'unfinished'].includes(answer))
    throw new Inconclusive(`B was answered ${answer}: it had lost its lease`);
  return answer;
}

/** Waits for A, which is late but has not given up. @throws {Inconclusive} if a stall of the machine made it give up. */
async function lateAnswerOf(late: { answer(): Promise<string> }): Promise<void> {
  if ((await late.answer()) === 'unfinished') throw new Inconclusive('A had given up its write');
}

/** The fault hits A before its write. A continues once B has finished or is blocked. */
async function raceWithFault(
  context: ScenarioContext,
  fault: Fault,
  { lease = 'ends', untilHit = async () => {} }: { lease?: Lease; untilHit?: () => Promise<void> } = {},
): Promise<void> {
  const { userId, instances } = context;
  const { late, heal } = await sendLate(context, fault);
  await untilHit();
  const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
  const rivalGotIn = await rival.tryAnswer(context.pastLeaseMs);
  assertOvertaken(context, lease, rivalGotIn);
  context.note('rivalGotIn', rivalGotIn);
  late.assertUnanswered();
  await heal();
  await lateAnswerOf(late);
  await answerOf(context, rival);
}

/** A's flag write hits the breakpoint, after A's check of its lease. */
function raceAfterCheck(context: ScenarioContext, breakpoint: Breakpoint, lease?: Lease): Promise<void> {
  const untilHit = async () => {
    await breakpoint.hit();
    context.remark(`A has checked its lease, and ${breakpoint.what}`);
  };
  return raceWithFault(context, breakpoint, { ...(lease && { lease }), untilHit });
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

/** Delays the UPDATE, and with `renewals too` all packets to the lock's servers. */
const delayed = ({ mode, proxies }: ScenarioContext, renewals: 'renewals too' | 'renewals pass') =>
  heldOnceSent(proxies.mysql, flagWrite, renewals === 'renewals too' ? lockServers(mode, proxies) : []);

export const delayedWrite: Scenario = {
  name: 'delayed-write',
  claim:
    'Packets that the network delays past the TTL have the effect of a pause, and no process can check for it. GitHub saw delays of about 90 seconds.',
  source: `${kleppmann}; GitHub, "Downtime last Saturday" (2012), https://github.blog/2012-12-26-downtime-last-saturday/`,
  fault:
    'proxies delay the UPDATE, and with it the renewals of the lease, until the rival has finished, or is blocked past the TTL',
  run: (context) => raceAfterCheck(context, delayed(context, 'renewals too')),
};

export const delayedWriteRenewed: Scenario = {
  name: 'delayed-write-renewed',
  claim: 'While a holder renews its lease, its rivals are blocked, however long its write takes.',
  source: 'the variant of delayed-write in which only the database is slow',
  fault: 'a proxy delays the UPDATE alone until the rival has finished, or is blocked past the TTL',
  run: (context) => raceAfterCheck(context, delayed(context, 'renewals pass'), 'is renewed'),
};

/** Includes the holder's time limit for MySQL, and the rival's wait for a lock, on a busy machine. */
const givesUpWithinMs = 40_000;

export const abandonedWrite: Scenario = {
  name: 'abandoned-write',
  claim:
    'A write that its sender has given up can still arrive. No lock cures that: its holder has released it, renewed or not.',
  source: `${kleppmann}, "Protecting a resource with a lock"`,
  fault: 'a proxy delays the UPDATE until the holder has given up, and its rival has finished or timed out',
  async run(context) {
    const { userId, instances, proxies } = context;
    const slow = delayed(context, 'renewals pass');
    const { late, heal } = await sendLate(context, slow);
    await slow.hit();
    context.note('holderIsAnswered', await late.answer(givesUpWithinMs));
    const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel', stepped: false });
    context.note('rivalIsAnswered', await answerOf(context, rival, givesUpWithinMs));
    await heal();
    const error = (message: string) => new Inconclusive(message);
    await until('MySQL has read the late write', () => !proxies.mysql.hasLateData, { withinMs: 5000, error });
  },
};

export const pausedBeforeCheck: Scenario = {
  name: 'paused-before-check',
  claim: 'A check of the local deadline just before the write protects from every pause before that check.',
  source: 'the variant of paused-holder; antirez, "Is Redlock safe?" (2016), http://antirez.com/news/101',
  fault: 'SIGSTOP before the last check of the lease; SIGCONT once the rival has finished, or is blocked past the TTL',
  // The paused instance receives the release of its step after SIGCONT.
  run: (context) => raceWithFault(context, frozen(context.instances[0])),
};

/** A's release follows its delayed write, while B is in its critical section; C comes. */
async function raceWithRelease(context: ScenarioContext, slow: Breakpoint, lease: Lease): Promise<void> {
  const { userId, instances, expected, leaseMs, pastLeaseMs, blockedAfterMs } = context;
  const sentAtMs = performance.now();
  const { late, heal } = await sendLate(context, slow);
  await slow.hit();
  const rival = context.send({ who: 'B', at: instances[1], userId, command: 'cancel' });
  const position = await rival.tryStepUntil('write', pastLeaseMs);
  assertOvertaken(context, lease, position === 'write');
  late.assertUnanswered();
  await heal();
  await lateAnswerOf(late); // after its release
  if (position !== 'write') await rival.stepUntil('write');
  const third = context.send({ who: 'C', at: instances[2], userId, command: 'pay' });
  const withinMs = expected.thirdGotIn ? admittedWithinMs : blockedAfterMs;
  const thirdGotIn = (await third.tryStepUntil('read', withinMs)) === 'read';
  // In a mode that renews nothing, B is granted the lock when A's has expired, and holds it for one TTL.
  const heldForMs = Math.round(performance.now() - (sentAtMs + leaseMs));
  if (thirdGotIn && heldForMs > leaseMs * 0.9) {
    throw new Inconclusive(`B held the lock for ${heldForMs} ms: it may have expired`);
  }
  context.note('thirdGotIn', thirdGotIn);
  await rival.resume();
  await answerOf(context, rival);
  await third.resume();
  await third.answer();
}

export const foreignRelease: Scenario = {
  name: 'foreign-release',
  claim:
    'A release by a bare DEL frees the next holder’s lock and admits a third request; an owner id prevents that, and only that.',
  source: 'Redis documentation, "Distributed Locks with Redis", "Correct Implementation with a Single Instance"',
  fault:
    'the UPDATE and the renewals are delayed past the TTL; the release follows while the rival is in its critical section',
  run: (context) => raceWithRelease(context, delayed(context, 'renewals too'), 'ends'),
};

export const foreignReleaseRenewed: Scenario = {
  name: 'foreign-release-renewed',
  claim: 'A holder that renews its lease releases only its own lock.',
  source: 'the variant of foreign-release in which only the database is slow',
  fault: 'the UPDATE alone is delayed past the TTL; the release follows',
  run: (context) => raceWithRelease(context, delayed(context, 'renewals pass'), 'is renewed'),
};

/** For an unblocked request on a busy machine. */
const admittedWithinMs = 5000;
