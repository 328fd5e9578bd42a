import { npmLibraryNames } from '../libraries/index.ts';
import { startWorker } from '../worker/worker-process.ts';
import { atMost, best, figure, own, ownWithoutTokens, type Row } from './row.ts';

const libraries = [own, ownWithoutTokens, ...npmLibraryNames];
/** Enough for V8 to compile the hot code of each library. */
const warmUpSeconds = 4;

/**
 * Acquire and release of a free key, compared with two PINGs. All run alternately in one process, because the time of a
 * round trip varies by a factor of three with the cores that the system picks for its two ends.
 */
export const uncontendedRow: Row = {
  name: 'uncontended',
  title: 'acquire and release of a free key, alternating with two PINGs in one process',
  libraries,
  columns: [
    { key: 'us', head: 'µs', digits: 0, rounds: 'median' },
    { key: 'pingsUs', head: 'two PINGs µs', digits: 0, rounds: 'median' },
    { key: 'ratio', head: 'ratio', digits: 3, rounds: 'median' },
  ],
  async prepare(bench) {
    const { url } = await bench.servers.single();
    const worker = startWorker();
    const compare = (order: readonly string[], seconds: number) =>
      worker.call('compareWithPings', { libraries: order, url, key: bench.newKey(), seconds });
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
    return [
      atMost(1.1, relative(own), `at most 1.1 times the fastest library, ${fastest.name}`),
      atMost(0.95, relative(ownWithoutTokens), `without tokens, at most 0.95 times ${fastest.name}`),
    ];
  },
};
