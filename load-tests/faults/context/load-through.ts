import { setTimeout as sleep } from 'node:timers/promises';

import type { LoadUser } from '../../client/load.ts';
import { driveRecorded, settleAll } from '../../client/recorded-load.ts';
import { createRecorder, type Recorder } from '../../client/recorder.ts';
import type { LoadCall, LoadResult } from '../evidence/load-result.ts';
import type { Fault } from './faults.ts';
import { usualAmount } from './requests.ts';
import type { ScenarioContext } from './scenario-context.ts';

export interface LoadThroughOptions {
  /** Comes and goes while the load goes on; without it, there is nothing but the load. */
  readonly fault?: Fault;
  /** How long the load has been going on when the fault comes, how long that lasts, and how long the load then goes on. */
  readonly beforeMs?: number;
  readonly lastsMs: number;
  readonly afterMs?: number;
  /** Whether it is enough that somebody is served before the fault or after it, where it leaves nobody a chance. */
  readonly judged?: 'while it lasts' | 'throughout';
  /** How many calls may be under way at once to nginx, or to one instance, beside the probe's. Default 8. */
  readonly clients?: number;
  /** What is called, again and again until the load is over; without it, storms and random mixes of pay and cancel. */
  readonly drive?: (recorder: Recorder, users: readonly LoadUser[], isOver: () => boolean) => Promise<void>;
}

const usualClients = 8;

/** Drives a recorded load through nginx, over all instances, while a fault comes and goes; adds it to the context. */
export async function loadThrough(context: ScenarioContext, options: LoadThroughOptions): Promise<LoadResult> {
  const { fault, beforeMs = 300, lastsMs, afterMs = 500, judged = 'while it lasts' } = options;
  const { clients = usualClients, drive } = options;
  const { stack, seed, instances, headers } = context;
  const [probed = { id: 0, amount: 0 }, ...users] = context.users.map((id) => ({ id, amount: usualAmount }));
  const calls: LoadCall[] = [];
  const stop = new AbortController();
  const prefix = `load-${probed.id}`;
  await using pool = createRecorder({ url: stack.url, clients, requestPrefix: prefix, headers });
  // Clients that nginx sends to a cut-off instance hang there, one after the other: whether others are served, they cannot tell.
  await using probe = createRecorder({ url: instances[1].url, clients: 1, requestPrefix: `${prefix}-probe`, headers });
  let over = false;
  const isOver = () => over || stop.signal.aborted;
  const noted = (made: Recorder): Recorder => ({
    ...made,
    // The load ends when the fault is over, however long that takes; what is under way then is waited for.
    get isAborted() {
      return isOver();
    },
    async call(user, call, at) {
      const invokedAtMs = performance.now();
      const answer = await made.call(user, call, at);
      calls.push({ userId: user.id, call, answer, invokedAtMs, returnedAtMs: performance.now() });
      if (answer === 'refused') await sleep(5); // a client that is refused at once does not ask in a tight loop
      return answer;
    },
  });
  const recorder = noted(pool);

  const startedAtMs = performance.now();
  const span = { fromMs: 0, toMs: 0 };
  const comeAndGo = async () => {
    try {
      await sleep(beforeMs);
      const heal = fault && (await context.inject(fault));
      span.fromMs = performance.now();
      await sleep(lastsMs);
      span.toMs = performance.now();
      await heal?.();
      await sleep(afterMs);
    } finally {
      over = true;
    }
  };
  const driven = drive
    ? drive(recorder, users, isOver)
    : driveRecorded({ users, clients, seconds: mostSeconds, seed }, recorder);
  await settleAll([
    driven.catch((error) => {
      stop.abort();
      throw error;
    }),
    probeUntil(isOver, noted(probe), probed),
    comeAndGo(),
  ]);
  const histories = new Map([...pool.histories, ...probe.histories]);
  const throughout = { fromMs: startedAtMs, toMs: performance.now() };
  const loaded = { calls, histories, judged: judged === 'throughout' ? throughout : span };
  context.loaded(loaded);
  return loaded;
}

/** Pays and cancels for one user, in turn and at an instance that no fault touches. */
async function probeUntil(isOver: () => boolean, recorder: Recorder, user: LoadUser): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    await recorder.call(user, turn % 2 === 0 ? 'pay' : 'cancel');
    await sleep(20);
  }
}

/** No load lasts as long as that. */
const mostSeconds = 60;
