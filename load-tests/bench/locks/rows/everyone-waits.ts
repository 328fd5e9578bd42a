import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from '../../statistics.ts';
import { libraryNames } from '../libraries/index.ts';
import { observe, type ServerObserver } from '../servers.ts';
import { startWorkers, type Worker } from '../worker/worker-process.ts';
import { atMost, type Bench, type Figures, figure, oneByOne, own, type Row } from './row.ts';

/** Enough for all waiters to be queued. */
const settleMs = 1000;
const processes = 4;
const waiters = 8;

/** The load on Redis while one process holds and all others wait: it holds for the slice and the second of settling. */
export const everyoneWaitsRow: Row = {
  name: 'everyone-waits',
  title: 'one holder for 3 s (with --seconds 2), 4 processes with 8 waiters each',
  libraries: libraryNames,
  columns: [
    { key: 'commands', head: 'commands per s, including scripts', digits: 0, rounds: 'median' },
    { key: 'sent', head: 'sent by waiters per s', digits: 1, rounds: 'median' },
    { key: 'redisCpu', head: 'Redis % of a core', digits: 2, rounds: 'median' },
    { key: 'lastMs', head: 'all 32 done after ms', digits: 0, rounds: 'median' },
  ],
  async prepare(bench) {
    const { url } = await bench.servers.single();
    const observer = await observe([url]);
    let pool = startWorkers(processes + 1);
    return {
      measure: oneByOne(
        bench.log,
        (library) => measureWaiting(library, { bench, url, workers: pool.workers, observer }),
        async () => {
          await pool[Symbol.asyncDispose](); // its waiters may never finish
          pool = startWorkers(processes + 1);
        },
      ),
      async [Symbol.asyncDispose]() {
        observer[Symbol.dispose]();
        await pool[Symbol.asyncDispose]();
      },
    };
  },
  judge(of) {
    const mine = of(own);
    if (!mine) return [];
    return [
      atMost(1, figure(mine, 'redisCpu'), 'Redis idle: at most 1 % of a core'),
      atMost(2 * processes, figure(mine, 'sent'), 'at most two commands per second per waiting process'),
    ];
  },
};

interface Waiting {
  readonly bench: Bench;
  readonly url: string;
  readonly workers: readonly Worker[];
  readonly observer: ServerObserver;
}

async function measureWaiting(library: string, { bench, url, workers, observer }: Waiting): Promise<Figures> {
  const [holder, ...others] = workers;
  if (!holder) throw new Error('no worker to hold the lock');
  await Promise.all(workers.map((worker) => worker.call('open', { library, retryMs: bench.retryMs, url })));
  const key = bench.newKey();
  await holder.call('hold', { key });
  const windowMs = bench.seconds * 1000;
  const options = { key, waiters, heldMs: 0, pauseMs: 0, warmUpMs: settleMs, windowMs };
  const waited = Promise.all(others.map((worker) => worker.call('contend', options)));
  waited.catch(() => {}); // awaited below; it may reject earlier
  await sleep(settleMs);
  const before = await observer.read();
  await sleep(windowMs);
  const after = await observer.read();
  const releasedAt = performance.now();
  await holder.call('release');
  const seen = await waited;
  const lastMs = performance.now() - releasedAt;
  await Promise.all(workers.map((worker) => worker.call('close')));
  const failure = seen.flatMap(({ failures }) => failures)[0];
  if (failure) throw new Error(failure);
  const seconds = (after.atMs - before.atMs) / 1000;
  return {
    commands: (after.commands - before.commands - 1) / seconds, // less the observer's own
    sent: sum(seen.map((one) => (one.traffic.commands * 1000) / one.windowMs)),
    redisCpu: ((after.cpuUs - before.cpuUs) / (seconds * 1e6)) * 100,
    lastMs,
  };
}
