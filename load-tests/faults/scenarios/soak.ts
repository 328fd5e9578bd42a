import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../../app/web/page/model/random.ts';

import type { LoadUser } from '../../client/load.ts';
import { settleAll } from '../../client/recorded-load.ts';
import type { Recorder } from '../../client/recorder.ts';
import type { Instance } from '../../stack/service/instances.ts';
import { frozen } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { pausedHolder } from './late-writes.ts';
import type { Scenario } from './scenario.ts';

// A pause does harm if it falls between an instance's last look at a lease and the moment when its UPDATE has left. In an
// idle service these are less than a millisecond apart, and a random pause hardly ever falls there. What takes them apart
// in a real one is what this one has: more requests than connections to the database, and a database that is some way
// off, so that who is about to write waits for a connection first. Nothing of that is a fault: without the pauses, the
// same load on the same instances loses nothing, in any mode that all instances share.

/** Measured, on a busy machine and without the pauses: nobody outlives 800 ms by itself, and at 600 ms some do in `naive`. */
const leaseMs = 800;
/** Each longer than the lease: whoever holds a lock when its instance is paused has lost it when that goes on. */
const pausesMs = { from: leaseMs + 100, to: leaseMs + 250 };
/** Between two pauses: enough for the queues of the last one to be over. */
const runsMs = { from: 150, to: 350 };
/** Each pays and cancels from two instances at a time, so that there is a rival whenever one of the two is paused. */
const users = 18;
/** For each user, once: six of the sections under way are then of one instance, and three wait for each connection. */
const connections = 2;

export const soak: Scenario = {
  name: 'soak',
  claim:
    'Whoever guards updates by a lock with a lease loses some of those that it has acknowledged, as soon as processes are paused: about 18 % with the locks of etcd.',
  source: 'Jepsen, "etcd 3.4.3" (2020), https://jepsen.io/analyses/etcd-3.4.3',
  // Jepsen had leases of 2 s, paused the servers of etcd and left their clients running, and had these write without
  // another look at the lease; here clients of the lock service are paused, and all but `naive` look again.
  fault: 'SIGSTOP of a random instance for longer than the lease, SIGCONT, and so on, under load',
  expected: pausedHolder.expected,
  users: users + 1, // and the probe's
  fleet: () => ({
    env: { LOCK_TTL_MS: String(leaseMs), MYSQL_POOL_MAX: String(connections) },
    farDatabase: true,
  }),
  async play(context) {
    const lastsMs = context.soakSeconds * 1000;
    const drive = (recorder: Recorder, users: readonly LoadUser[], isOver: () => boolean) =>
      payAndCancel(context, recorder, users, isOver);
    await settleAll([
      loadThrough(context, { beforeMs: 0, lastsMs, afterMs: 0, clients: users, drive }),
      pauseAgainAndAgain(context, lastsMs),
    ]);
  },
};

/** Two clients for each user, at different instances, each of which pays or cancels as chance has it. */
async function payAndCancel(
  { instances, seed }: ScenarioContext,
  recorder: Recorder,
  users: readonly LoadUser[],
  isOver: () => boolean,
): Promise<void> {
  const client = async (user: LoadUser, number: number, at: Instance) => {
    const random = seeded(seed, number);
    while (!isOver()) await recorder.call(user, random(2) === 0 ? 'pay' : 'cancel', at.url);
  };
  const [first, second, third] = instances;
  const pairs = [[first, second] as const, [second, third] as const, [third, first] as const];
  await settleAll(
    users.flatMap((user, index) =>
      (pairs[index % pairs.length] ?? []).map((at, one) => client(user, 1 + 2 * index + one, at)),
    ),
  );
}

/** Pauses one instance after the other, each by chance; all of them go on when this returns. */
async function pauseAgainAndAgain(context: ScenarioContext, lastsMs: number): Promise<void> {
  const random = seeded(context.seed);
  const within = ({ from, to }: { from: number; to: number }) => from + random(to - from);
  const endMs = performance.now() + lastsMs;
  let pauses = 0;
  for (;;) {
    const [runMs, pauseMs] = [within(runsMs), within(pausesMs)];
    if (performance.now() + runMs + pauseMs > endMs) break;
    await sleep(runMs);
    const instance = context.instances[random(context.instances.length)] ?? context.instances[0];
    const resume = await context.inject(frozen(instance));
    await sleep(pauseMs);
    await resume();
    pauses += 1;
  }
  context.note('pauses', pauses);
}
