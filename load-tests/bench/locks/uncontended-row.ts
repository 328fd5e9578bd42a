import { contenders } from './contenders.ts';
import { atMost, best, figure, own } from './judge.ts';
import type { Row } from './row.ts';
import { startWorker } from './worker-process.ts';

const names = contenders.map(({ name }) => name);
const libraries = names.filter((name) => name !== own);
/** Long enough for V8 to have compiled what is hot in each of them. */
const warmUpSeconds = 4;

/**
 * Acquire and release of a key that nobody else wants, against two PINGs. All of them in one process, in short turns: how
 * long a round trip takes depends on where the system happens to run the two ends of it, by a factor of three.
 */
export const uncontendedRow: Row = {
  name: 'uncontended',
  title: 'acquire and release of a free key, all in one process in short turns with two PINGs',
  contenders: names,
  columns: [
    { key: 'us', head: 'µs', digits: 0, rounds: 'median' },
    { key: 'pingsUs', head: 'two PINGs µs', digits: 0, rounds: 'median' },
    { key: 'ratio', head: 'ratio', digits: 3, rounds: 'median' },
  ],
  async prepare(bench) {
    const { url } = await bench.servers.single();
    const worker = startWorker();
    const compare = (order: readonly string[], seconds: number) =>
      worker.call('compareWithPings', { contenders: order, url, key: bench.newKey(), seconds });
    await compare(names, warmUpSeconds);
    return {
      async measure(order) {
        const { pings, locks } = await compare(order, 2 * bench.seconds);
        return new Map(order.map((name, index) => [name, { pingsUs: pings.us, ...locks[index] }]));
      },
      [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
    };
  },
  judge(of) {
    const mine = of(own);
    const fastest = best(libraries, of, 'ratio', 'lowest');
    if (!mine || !fastest) return [];
    const ratio = figure(mine, 'ratio');
    return [
      atMost(1.25, ratio, 'at most 1.25 times two PINGs'),
      atMost(1, ratio / figure(fastest.figures, 'ratio'), `not slower than the fastest library, ${fastest.name}`),
    ];
  },
};
