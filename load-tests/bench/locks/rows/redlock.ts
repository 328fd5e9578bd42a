import { largest, mean, median } from '../../statistics.ts';
import { libraryNames } from '../libraries/index.ts';
import { startWorker, type Worker } from '../worker/worker-process.ts';
import { prepareContended } from './contended.ts';
import { contendedColumns } from './contended-slice.ts';
import { atMost, type Bench, type Figures, figure, oneByOne, own, type PreparedRow, type Row } from './row.ts';
import { redlockUncontendedRow } from './uncontended.ts';

/** Enough for V8 to compile the hot code. */
const warmUpSeconds = 1;

/** Starts a process per library, with its Redlock on five nodes. */
async function prepareEach(bench: Bench, measure: (worker: Worker) => Promise<Figures>): Promise<PreparedRow> {
  const nodes = await bench.servers.nodes();
  const nodeUrls = nodes.map((node) => node.url);
  const workers = new Map<string, Worker>();

  async function openWorker(library: string): Promise<Worker> {
    const warm = workers.get(library);
    const worker = warm ?? startWorker();
    workers.set(library, worker);
    await worker.call('open', { library, retryMs: bench.retryMs, nodeUrls });
    if (!warm) await worker.call('repeat', { key: bench.newKey(), seconds: warmUpSeconds });
    return worker;
  }

  return {
    measure: oneByOne(
      bench.log,
      async (library) => {
        const worker = await openWorker(library);
        const figures = await measure(worker);
        await worker.call('close');
        return figures;
      },
      async (library) => {
        await workers.get(library)?.[Symbol.asyncDispose]();
        workers.delete(library);
      },
    ),
    async [Symbol.asyncDispose]() {
      await Promise.all([...workers.values()].map((worker) => worker[Symbol.asyncDispose]()));
    },
  };
}

const contendedRow: Row = {
  name: 'redlock-held-5ms',
  title: 'Redlock on five nodes: 4 processes with 8 waiters each, 5 ms held, 20 ms pause',
  libraries: libraryNames,
  columns: contendedColumns,
  prepare: (bench) => prepareContended(bench, { processes: 4, waiters: 8, heldMs: 5, pauseMs: 20 }, 'majority'),
  judge: () => [],
};

const frozenRow: Row = {
  name: 'redlock-frozen',
  title: 'Redlock on five nodes: acquire and release of a free key, before and while one node is frozen',
  libraries: libraryNames,
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
    if (!frozen) throw new Error('no fifth node');
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
    return mine ? [atMost(1.2, figure(mine, 'ratio'), 'at most 1.2 times as long with one node frozen')] : [];
  },
};

export const redlockRows: readonly Row[] = [redlockUncontendedRow, contendedRow, frozenRow];
