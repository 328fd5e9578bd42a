import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadUser } from '../../client/load.ts';
import { driveRecorded, settleAll } from '../../client/recorded-load.ts';
import { createRecorder, type Recorder } from '../../client/recorder.ts';
import type { LoadCall, LoadResult } from '../evidence/load-result.ts';
import type { Fault } from './faults.ts';
import { usualAmount } from './requests.ts';
import type { ScenarioContext } from './scenario-context.ts';

export interface LoadThroughOptions {
  /** Injected and healed during the load. */
  readonly fault?: Fault;
  /** Length of the load before, during and after the fault. */
  readonly beforeMs?: number;
  readonly lastsMs: number;
  readonly afterMs?: number;
  /** When requests must be served for the mode to be available; `afterwards` if the fault makes it impossible till then. */
  readonly judged?: 'while it lasts' | 'afterwards';
  /** Whether requests for one user must meet, without which nothing is tested. Default true. */
  readonly isContended?: boolean;
  /** Maximum number of calls in flight per server, besides the probe's. Default 8. */
  readonly clients?: number;
  /** Makes calls until the load is over; default: bursts and random mixes of pay and cancel. */
  readonly drive?: (recorder: Recorder, users: readonly LoadUser[], isOver: () => boolean) => Promise<void>;
}

const defaultClients = 8;

/** Drives a recorded load through nginx with a fault in between, and adds its result to the context. */
export async function loadThrough(context: ScenarioContext, options: LoadThroughOptions): Promise<LoadResult> {
  const { fault, beforeMs = 300, lastsMs, afterMs = 500, judged = 'while it lasts', isContended = true } = options;
  const { clients = defaultClients, drive } = options;
  const { stack, seed, instances, headers } = context;
  const [probed = { id: 0, amount: 0 }, ...users] = context.users.map((id) => ({ id, amount: usualAmount }));
  const calls: LoadCall[] = [];
  const stop = new AbortController();
  const prefix = `load-${probed.id}`;
  await using pool = createRecorder({ url: stack.url, clients, requestPrefix: prefix, headers });
  // All pool clients may end up waiting for a cut-off instance; the probe shows whether others are served.
  await using probe = createRecorder({ url: instances[1].url, clients: 1, requestPrefix: `${prefix}-probe`, headers });
  let over = false;
  const isOver = () => over || stop.signal.aborted;
  const withCalls = (recorder: Recorder): Recorder => ({
    ...recorder,
    // The load ends when the fault is over; calls in flight are awaited.
    get isAborted() {
      return isOver();
    },
    async call(user, call, at) {
      const invokedAtMs = performance.now();
      const answer = await recorder.call(user, call, at);
      calls.push({ userId: user.id, call, answer, invokedAtMs, returnedAtMs: performance.now() });
      if (answer === 'refused') await sleep(5); // no tight loop of refused calls
      return answer;
    },
  });
  const recorder = withCalls(pool);

  const span = { fromMs: 0, toMs: 0 };
  const runFault = async () => {
    try {
      await sleep(beforeMs);
      const heal = fault && (await context.inject(fault));
      span.fromMs = performance.now();
      await sleep(lastsMs);
      span.toMs = performance.now();
      await heal?.();
      if (judged === 'afterwards') span.fromMs = performance.now();
      await sleep(afterMs);
      if (judged === 'afterwards') span.toMs = Number.POSITIVE_INFINITY;
    } finally {
      over = true;
    }
  };
  const driven = drive
    ? drive(recorder, users, isOver)
    : driveRecorded({ users, clients, seconds: maxSeconds, seed }, recorder);
  await settleAll([
    driven.catch((error) => {
      stop.abort();
      throw error;
    }),
    probeUntil(isOver, withCalls(probe), probed),
    runFault(),
  ]);
  const histories = new Map([...pool.histories, ...probe.histories]);
  const halfDone = new Map([...pool.halfDone, ...probe.halfDone]);
  const load = { calls, histories, halfDone, judged: span, isContended };
  context.addLoad(load);
  return load;
}

/** Alternates pay and cancel for one user, on an instance that no fault affects. */
async function probeUntil(isOver: () => boolean, recorder: Recorder, user: LoadUser): Promise<void> {
  for (let turn = 0; !isOver(); turn++) {
    await recorder.call(user, turn % 2 === 0 ? 'pay' : 'cancel');
    await sleep(20);
  }
}

/** Longer than any load. */
const maxSeconds = 60;
