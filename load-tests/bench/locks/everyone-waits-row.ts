import { setTimeout as sleep } from 'node:timers/promises';
import { sum } from '../statistics.ts';
import { contenders } from './contenders.ts';
import { atMost, figure, own } from './judge.ts';
import { type Bench, type Figures, oneByOne, type Row } from './row.ts';
import { observe, type ServerObserver } from './server-load.ts';
import { startWorkers, type Worker } from './worker-process.ts';

/** For all to have asked, and to have begun to wait. */
const settleMs = 1000;
const processes = 4;
const waiters = 8;

/** What reaches Redis while one holds and everybody else waits. The holder's window is a second longer than the slice. */
export const everyoneWaitsRow: Row = {
  name: 'everyone-waits',
  title: 'one holds for 3 s (with --seconds 2), 4 processes with 8 waiters each wait',
  contenders: contenders.map(({ name }) => name),
  columns: [
    { key: 'commands', head: 'commands per s, with those of scripts', digits: 0, rounds: 'median' },
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
        bench.say,
        (contender) => waitFor(contender, { bench, url, workers: pool.workers, observer }),
        async () => {
          await pool[Symbol.asyncDispose](); // some of its waiters may wait for ever
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
      atMost(2 * processes, figure(mine, 'sent'), 'at most two commands per second for each waiting process'),
    ];
  },
};

interface Waiting {
  readonly bench: Bench;
  readonly url: string;
  readonly workers: readonly Worker[];
  readonly observer: ServerObserver;
}

async function waitFor(contender: string, { bench, url, workers, observer }: Waiting): Promise<Figures> {
  const [holder, ...crowd] = workers;
  if (!holder) throw new Error('there is no worker to hold the lock');
  await Promise.all(workers.map((worker) => worker.call('open', { contender, retryMs: bench.retryMs, url })));
  const key = bench.newKey();
  await holder.call('hold', { key });
  const windowMs = bench.seconds * 1000;
  const options = { key, waiters, heldMs: 0, pauseMs: 0, warmUpMs: settleMs, windowMs };
  const waited = Promise.all(crowd.map((worker) => worker.call('contend', options)));
  waited.catch(() => {}); // it is thrown below, and may come before
  await sleep(settleMs);
  const before = await observer.read();
  await sleep(windowMs);
  const after = await observer.read();
  const letGoAt = performance.now();
  await holder.call('letGo');
  const seen = await waited;
  const lastMs = performance.now() - letGoAt;
  await Promise.all(workers.map((worker) => worker.call('close')));
  const failure = seen.flatMap(({ failures }) => failures)[0];
  if (failure) throw new Error(failure);
  const seconds = (after.atMs - before.atMs) / 1000;
  return {
    commands: (after.commands - before.commands - 1) / seconds, // one of them was the observer's
    sent: sum(seen.map((one) => (one.traffic.commands * 1000) / one.windowMs)),
    redisCpu: ((after.cpuUs - before.cpuUs) / (seconds * 1e6)) * 100,
    lastMs,
  };
}
