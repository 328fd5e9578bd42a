import { type Crowd, contendedColumns, contendedSlice } from './contended-slice.ts';
import { contenders } from './contenders.ts';
import { atLeast, atMost, best, figure, own } from './judge.ts';
import { type Bench, type Claim, type Figures, oneByOne, type PreparedRow, type Row } from './row.ts';
import { observe } from './server-load.ts';
import { startWorkers } from './worker-process.ts';

const names = contenders.map(({ name }) => name);
const libraries = names.filter((name) => name !== own);

/** Gets the crowd ready to compete for a lock on one Redis, or on five. */
export async function prepareCrowd(bench: Bench, crowd: Crowd, on: 'one' | 'majority'): Promise<PreparedRow> {
  const servers = on === 'one' ? [await bench.servers.single()] : await bench.servers.nodes();
  const urls = servers.map(({ url }) => url);
  const [url = ''] = urls;
  const observer = await observe(urls);
  let pool = startWorkers(crowd.processes);
  return {
    measure: oneByOne(
      bench.say,
      (contender) => {
        const lock = { contender, retryMs: bench.retryMs, ...(on === 'one' ? { url } : { nodeUrls: urls }) };
        return contendedSlice({ bench, workers: pool.workers, observer, lock, crowd });
      },
      async () => {
        await pool[Symbol.asyncDispose](); // some of its waiters may wait for ever
        pool = startWorkers(crowd.processes);
      },
    ),
    async [Symbol.asyncDispose]() {
      observer[Symbol.dispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}

const fewRoundTrips = (mine: Figures) =>
  atMost(2.2, figure(mine, 'commands'), 'at most 2.2 round trips for an acquisition');

function contendedRow(
  name: Row['name'],
  title: string,
  crowd: Crowd,
  judge: (mine: Figures, fastest: { name: string; figures: Figures }) => Claim[],
): Row {
  return {
    name,
    title,
    contenders: names,
    columns: contendedColumns,
    prepare: (bench) => prepareCrowd(bench, crowd, 'one'),
    judge(of) {
      const mine = of(own);
      const fastest = best(libraries, of, 'perSecond', 'highest');
      return mine && fastest ? judge(mine, fastest) : [];
    },
  };
}

const crowd = { processes: 4, waiters: 8 };

/** One key, and many who want it. */
export const contendedRows: readonly Row[] = [
  contendedRow(
    'held-0ms',
    '4 processes with 8 waiters each, nothing held, no pause',
    { ...crowd, heldMs: 0, pauseMs: 0 },
    (mine, { name, figures }) => [
      atLeast(1, figure(mine, 'perSecond') / figure(figures, 'perSecond'), `more than the fastest library, ${name}`),
      atMost(0.1, figure(mine, 'p99Ms') / figure(figures, 'p99Ms'), `p99 wait below a tenth of that library's`),
      fewRoundTrips(mine),
    ],
  ),
  contendedRow(
    'held-2ms',
    '4 processes with 8 waiters each, 2 ms held, 20 ms pause',
    { ...crowd, heldMs: 2, pauseMs: 20 },
    (mine) => [fewRoundTrips(mine)],
  ),
  contendedRow(
    'held-5ms',
    '4 processes with 8 waiters each, 5 ms held, 20 ms pause',
    { ...crowd, heldMs: 5, pauseMs: 20 },
    (mine) => [
      atLeast(0.9, figure(mine, 'ofBound'), 'at least 0.9 of the bound'),
      atMost(1.3, figure(mine, 'ofRoundRobin'), 'p99 wait at most 1.3 times that of a perfect round robin'),
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
