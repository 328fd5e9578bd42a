import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../../app/web/page/state/random.ts';
import type { LoadUser } from '../../client/load.ts';
import { settleAll } from '../../client/recorded-load.ts';
import type { Recorder } from '../../client/recorder.ts';
import type { Instance } from '../../stack/service/instances.ts';
import { frozen } from '../context/faults.ts';
import { loadThrough } from '../context/load-through.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import type { Scenario } from './scenario.ts';

// A pause is harmful between an instance's last check of its lease and the sending of its UPDATE. In an idle service this
// takes less than a millisecond, so random pauses hardly ever hit it. Realistic conditions widen it: more requests than
// database connections, and a distant database, so that a request waits for a connection before it writes. These are no
// faults: without the pauses, the same load loses nothing in any mode that all instances share.

/** Measured without pauses on a busy machine: no hold exceeds 800 ms; at 600 ms, some do in `naive`. */
const leaseMs = 800;
/** Longer than the lease: a paused holder has always lost its lock. */
const pausesMs = { from: leaseMs + 100, to: leaseMs + 250 };
/** Time between two pauses: enough to drain the queues. */
const runsMs = { from: 150, to: 350 };
/** Each pays and cancels from two instances, so that a paused request has a rival. */
const users = 18;
/** Per instance, on which six requests hold a lock at a time on average: three for each connection. */
const connections = 2;

export const soak: Scenario = {
  name: 'soak',
  claim: 'Locks with leases lose acknowledged updates when processes are paused: about 18 % with etcd locks.',
  source: 'Jepsen, "etcd 3.4.3" (2020), https://jepsen.io/analyses/etcd-3.4.3',
  // Jepsen used leases of 2 s, paused etcd's servers rather than their clients, and wrote without another check of the
  // lease. Here the lock service's clients are paused, and all modes but `naive` check again.
  fault: 'SIGSTOP of random instances for longer than the lease, then SIGCONT, repeatedly under load',
  users: users + 1, // and the probe's
  instances: () => ({
    env: { LOCK_TTL_MS: String(leaseMs), MYSQL_POOL_MAX: String(connections) },
    database: 'far',
  }),
  async run(context) {
    const lastsMs = context.soakSeconds * 1000;
    const drive = (recorder: Recorder, users: readonly LoadUser[], isOver: () => boolean) =>
      payAndCancel(context, recorder, users, isOver);
    await settleAll([
      loadThrough(context, { beforeMs: 0, lastsMs, afterMs: 0, clients: users, drive }),
      pauseRepeatedly(context, lastsMs),
    ]);
  },
};

/** Runs two clients per user on different instances, each with a random mix of pay and cancel. */
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

/** Pauses random instances one at a time; all are resumed when this returns. */
async function pauseRepeatedly(context: ScenarioContext, lastsMs: number): Promise<void> {
  const random = seeded(context.seed);
  const within = ({ from, to }: { from: number; to: number }) => from + random(to - from);
  const endMs = performance.now() + lastsMs;
  let pauses = 0;
  for (;;) {
    const [runMs, pauseMs] = [within(runsMs), within(pausesMs)];
    if (performance.now() + runMs + pauseMs > endMs) break;
    await sleep(runMs);
    const instance = context.instances[random(context.instances.length)] ?? context.instances[0];
    const heal = await context.inject(frozen(instance));
    await sleep(pauseMs);
    await heal();
    pauses += 1;
  }
  context.note('pauses', pauses);
}
