import { largest, mean, median } from '../statistics.ts';
import { prepareCrowd } from './contended-rows.ts';
import { contendedColumns } from './contended-slice.ts';
import { contenders } from './contenders.ts';
import { atMost, figure, own } from './judge.ts';
import { type Bench, type Figures, oneByOne, type PreparedRow, type Row } from './row.ts';
import { startWorker, type Worker } from './worker-process.ts';

const names = contenders.map(({ name }) => name);
/** Long enough for V8 to have compiled what is hot. */
const warmUpSeconds = 1;

/** A process for each contender, with its Redlock over five nodes and its lock on one. */
async function prepareEach(bench: Bench, measure: (worker: Worker) => Promise<Figures>): Promise<PreparedRow> {
  const nodes = await bench.servers.nodes();
  const { url } = await bench.servers.single();
  const nodeUrls = nodes.map((node) => node.url);
  const workers = new Map<string, Worker>();

  async function openWorker(contender: string): Promise<Worker> {
    const warm = workers.get(contender);
    const worker = warm ?? startWorker();
    workers.set(contender, worker);
    await worker.call('open', { contender, retryMs: bench.retryMs, url, nodeUrls });
    if (!warm) await worker.call('compareWithSingle', { key: bench.newKey(), seconds: warmUpSeconds });
    return worker;
  }

  return {
    measure: oneByOne(
      bench.say,
      async (contender) => {
        const worker = await openWorker(contender);
        const figures = await measure(worker);
        await worker.call('close');
        return figures;
      },
      async (contender) => {
        await workers.get(contender)?.[Symbol.asyncDispose]();
        workers.delete(contender);
      },
    ),
    async [Symbol.asyncDispose]() {
      await Promise.all([...workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}

const uncontendedRow: Row = {
  name: 'redlock-uncontended',
  title: 'Redlock on five nodes: acquire and release of a free key, in turn with the same library’s lock on one Redis',
  contenders: names,
  columns: [
    { key: 'us', head: 'µs', digits: 0, rounds: 'median' },
    { key: 'singleUs', head: 'on one Redis µs', digits: 0, rounds: 'median' },
    { key: 'ratio', head: 'ratio', digits: 2, rounds: 'median' },
  ],
  prepare: (bench) =>
    prepareEach(bench, async (worker) => {
      const options = { key: bench.newKey(), seconds: bench.seconds };
      const { redlock, single } = await worker.call('compareWithSingle', options);
      return { ...redlock, singleUs: single.us };
    }),
  judge(of) {
    const mine = of(own);
    return mine ? [atMost(2, figure(mine, 'ratio'), 'at most 2 times the lock on one Redis')] : [];
  },
};

const contendedRow: Row = {
  name: 'redlock-held-5ms',
  title: 'Redlock on five nodes: 4 processes with 8 waiters each, 5 ms held, 20 ms pause',
  contenders: names,
  columns: contendedColumns,
  prepare: (bench) => prepareCrowd(bench, { processes: 4, waiters: 8, heldMs: 5, pauseMs: 20 }, 'majority'),
  judge: () => [],
};

const frozenRow: Row = {
  name: 'redlock-frozen',
  title: 'Redlock on five nodes, one of them frozen: acquire and release of a free key, before and during',
  contenders: names,
  columns: [
    { key: 'us', head: 'all five: mean µs', digits: 0, rounds: 'median' },
    { key: 'frozenUs', head: 'one frozen: mean µs', digits: 0, rounds: 'median' },
    { key: 'ratio', head: 'ratio', digits: 2, rounds: 'median' },
    { key: 'medianRatio', head: 'ratio of the medians', digits: 2, rounds: 'median' },
    { key: 'slowestMs', head: 'slowest while frozen ms', digits: 1, rounds: 'max' },
  ],
  async prepare(bench) {
    const nodes = await bench.servers.nodes();
    const frozen = nodes[4];
    if (!frozen) throw new Error('there is no fifth node');
    return prepareEach(bench, async (worker) => {
      const repeat = () => worker.call('repeat', { key: bench.newKey(), seconds: bench.seconds });
      const before = await repeat();
      await frozen.freeze();
      try {
        const during = await repeat();
        return {
          us: mean(before),
          frozenUs: mean(during),
          ratio: mean(during) / mean(before),
          medianRatio: median(during) / median(before),
          slowestMs: largest(during) / 1000,
        };
      } finally {
        frozen.kill('SIGCONT');
      }
    });
  },
  judge(of) {
    const mine = of(own);
    return mine ? [atMost(1.2, figure(mine, 'ratio'), 'one node frozen costs at most 1.2 times as much')] : [];
  },
};

/** Held on a majority of five independent nodes. */
export const redlockRows: readonly Row[] = [uncontendedRow, contendedRow, frozenRow];
