import { resetUsers } from '../../../client/lab-client.ts';
import { type LoadUser, loadSlice } from '../../../client/load.ts';
import { startStack } from '../../../stack/index.ts';
import { countCarriedOut, meanSectionMs, measureSection } from './guarded-section.ts';
import { atLeast, figure, oneByOne, own, type Row } from './row.ts';

const connections = 32;
const warmUpSeconds = 2;

/** The lock within the whole service, with every request for one user. */
export const hotUserRow: Row = {
  name: 'hot-user',
  title: `the service with LOCK_MODE=redis, GATEWAY_MS=5, 3 instances behind nginx: ${connections} connections, one user and one amount`,
  libraries: [own],
  columns: [
    { key: 'perSecond', head: 'payments per s', digits: 0, rounds: 'median' },
    { key: 'sectionMs', head: 'guarded section alone ms', digits: 2, rounds: 'median' },
    { key: 'outsideMs', head: 'rest of a request ms', digits: 2, rounds: 'median' },
    { key: 'ofBound', head: 'of 1000 / section', digits: 2, rounds: 'median' },
    { key: 'p50Ms', head: 'latency p50 ms', digits: 0, rounds: 'median' },
    { key: 'p99Ms', head: 'latency p99 ms', digits: 0, rounds: 'median' },
    { key: 'busy', head: 'lock-busy', digits: 0, rounds: 'sum' },
    { key: 'errors', head: 'errors', digits: 0, rounds: 'sum' },
  ],
  async prepare(bench) {
    const stack = await startStack({ env: { LOCK_MODE: 'redis', GATEWAY_MS: '5' }, onProgress: bench.log });
    const { url } = stack;
    const load = (user: LoadUser, seconds: number, seed: number) =>
      loadSlice({ url, users: [user], connections, seconds, seed });
    /** Fresh users, because a read slows down with the number of charges. */
    async function twoUsers(): Promise<[LoadUser, LoadUser]> {
      const [hot, alone] = (await resetUsers(url, 2)).map(({ id }) => ({ id, amount: 4900 }));
      if (!hot || !alone) throw new Error('the lab created no users');
      return [hot, alone];
    }
    await load((await twoUsers())[0], warmUpSeconds, 0);
    return {
      measure: oneByOne(bench.log, async (_library, round) => {
        const [hot, alone] = await twoUsers();
        const section = await measureSection(url, alone, { seconds: bench.seconds, seed: round });
        const { answers, requests, requestsPerSecond, latencyMs, errors } = await load(hot, bench.seconds, round);
        const perSecond = (requestsPerSecond * countCarriedOut(answers)) / requests;
        const sectionMs = meanSectionMs(answers, section);
        return {
          perSecond,
          sectionMs,
          outsideMs: section.outsideMs,
          ofBound: (perSecond * sectionMs) / 1000,
          p50Ms: latencyMs.p50,
          p99Ms: latencyMs.p99,
          busy: answers['lock-busy'] ?? 0,
          errors,
        };
      }),
      [Symbol.asyncDispose]: () => stack.stop(),
    };
  },
  judge(of) {
    const mine = of(own);
    return mine ? [atLeast(0.85, figure(mine, 'ofBound'), 'at least 0.85 of 1000 / the mean guarded section')] : [];
  },
};
