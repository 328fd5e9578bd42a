import { libraryNames, npmLibraryNames } from '../libraries/index.ts';
import { observe } from '../servers.ts';
import { startWorkers } from '../worker/worker-process.ts';
import { contendedColumns, contendedSlice, type Workload } from './contended-slice.ts';
import {
  atLeast,
  atMost,
  type Bench,
  best,
  type Claim,
  type Figures,
  figure,
  oneByOne,
  own,
  type PreparedRow,
  type Row,
} from './row.ts';

/** Prepares workers that compete for a lock on one Redis, or on a majority of five. */
export async function prepareContended(bench: Bench, workload: Workload, on: 'one' | 'majority'): Promise<PreparedRow> {
  const servers = on === 'one' ? [await bench.servers.single()] : await bench.servers.nodes();
  const urls = servers.map(({ url }) => url);
  const [url = ''] = urls;
  const observer = await observe(urls);
  let pool = startWorkers(workload.processes);
  return {
    measure: oneByOne(
      bench.log,
      (library) => {
        const lock = { library, retryMs: bench.retryMs, ...(on === 'one' ? { url } : { nodeUrls: urls }) };
        return contendedSlice({ bench, workers: pool.workers, observer, lock, workload });
      },
      async () => {
        await pool[Symbol.asyncDispose](); // its waiters may never finish
        pool = startWorkers(workload.processes);
      },
    ),
    async [Symbol.asyncDispose]() {
      observer[Symbol.dispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}

const fewRoundTrips = (mine: Figures) =>
  atMost(2.2, figure(mine, 'commands'), 'at most 2.2 round trips per acquisition');

function contendedRow(
  name: Row['name'],
  title: string,
  workload: Workload,
  judge: (mine: Figures, fastest: { name: string; figures: Figures }) => Claim[],
): Row {
  return {
    name,
    title,
    libraries: libraryNames,
    columns: contendedColumns,
    prepare: (bench) => prepareContended(bench, workload, 'one'),
    judge(of) {
      const mine = of(own);
      const fastest = best(npmLibraryNames, of, 'perSecond', 'highest');
      return mine && fastest ? judge(mine, fastest) : [];
    },
  };
}

const manyWaiters = { processes: 4, waiters: 8 };

/** Many waiters for one key. */
export const contendedRows: readonly Row[] = [
  contendedRow(
    'held-0ms',
    '4 processes with 8 waiters each, nothing held, no pause',
    { ...manyWaiters, heldMs: 0, pauseMs: 0 },
    (mine, { name, figures }) => [
      atLeast(1, figure(mine, 'perSecond') / figure(figures, 'perSecond'), `faster than the fastest library, ${name}`),
      atMost(0.1, figure(mine, 'p99Ms') / figure(figures, 'p99Ms'), 'p99 wait at most a tenth of its p99 wait'),
      fewRoundTrips(mine),
    ],
  ),
  contendedRow(
    'held-2ms',
    '4 processes with 8 waiters each, 2 ms held, 20 ms pause',
    { ...manyWaiters, heldMs: 2, pauseMs: 20 },
    (mine) => [fewRoundTrips(mine)],
  ),
  contendedRow(
    'held-5ms',
    '4 processes with 8 waiters each, 5 ms held, 20 ms pause',
    { ...manyWaiters, heldMs: 5, pauseMs: 20 },
    (mine) => [
      atLeast(0.9, figure(mine, 'ofBound'), 'at least 0.9 of the bound'),
      atMost(1.3, figure(mine, 'ofRoundRobin'), 'p99 wait at most 1.3 times a perfect round robin'),
      fewRoundTrips(mine),
    ],
  ),
  contendedRow(
    'two-processes',
    '2 processes with 1 waiter each, 20 ms held, no pause',
    { processes: 2, waiters: 1, heldMs: 20, pauseMs: 0 },
    (mine) => [fewRoundTrips(mine)],
  ),
];
