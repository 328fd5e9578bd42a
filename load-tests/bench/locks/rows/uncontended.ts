import { npmLibraryNames } from '../libraries/index.ts';
import { startWorker } from '../worker/worker-process.ts';
import { atMost, type Bench, best, figure, own, ownWithoutTokens, type Row } from './row.ts';

const libraries = [own, ownWithoutTokens, ...npmLibraryNames];
/** Enough for V8 to compile the hot code of each library. */
const warmUpSeconds = 4;

/**
 * Acquire and release of a free key, compared with two PINGs. All run alternately in one process, because the time of a
 * round trip varies by a factor of three with the cores that the system picks for its two ends.
 *
 * @param limits times the fastest library that the lock may take, with tokens and without.
 */
const uncontended = (
  row: Pick<Row, 'name' | 'title'>,
  urlsOf: (servers: Bench['servers']) => Promise<readonly string[]>,
  limits: { readonly withTokens: number; readonly without: number },
): Row => ({
  ...row,
  libraries,
  columns: [
    { key: 'us', head: 'µs', digits: 0, rounds: 'median' },
    { key: 'pingsUs', head: 'two PINGs µs', digits: 0, rounds: 'median' },
    { key: 'ratio', head: 'ratio', digits: 3, rounds: 'median' },
  ],
  async prepare(bench) {
    const urls = await urlsOf(bench.servers);
    const worker = startWorker();
    const compare = (order: readonly string[], seconds: number) =>
      worker.call('compareWithPings', { libraries: order, urls, key: bench.newKey(), seconds });
    await compare(libraries, warmUpSeconds);
    return {
      async measure(order) {
        const { pings, locks } = await compare(order, 2 * bench.seconds);
        return new Map(order.map((name, index) => [name, { pingsUs: pings.us, ...locks[index] }]));
      },
      [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
    };
  },
  judge(of) {
    const fastest = best(npmLibraryNames, of, 'ratio', 'lowest');
    if (!fastest) return [];
    const relative = (name: string) => figure(of(name) ?? {}, 'ratio') / figure(fastest.figures, 'ratio');
    const { withTokens, without } = limits;
    return [
      atMost(withTokens, relative(own), `at most ${withTokens} times the fastest library, ${fastest.name}`),
      atMost(without, relative(ownWithoutTokens), `without tokens, at most ${without} times ${fastest.name}`),
    ];
  },
});

export const uncontendedRow = uncontended(
  {
    name: 'uncontended',
    title: 'acquire and release of a free key, alternating with two PINGs in one process',
  },
  async (servers) => [(await servers.single()).url],
  { withTokens: 1.1, without: 0.95 },
);

export const redlockUncontendedRow = uncontended(
  {
    name: 'redlock-uncontended',
    title:
      'Redlock on five nodes: acquire and release of a free key, alternating with two PINGs to all five in one process',
  },
  async (servers) => (await servers.nodes()).map(({ url }) => url),
  { withTokens: 1, without: 1 },
);
