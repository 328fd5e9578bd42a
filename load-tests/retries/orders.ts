import { seeded } from '../../app/web/page/state/random.ts';
import { type Explored, type PlannedRequest, runOrder } from './explore.ts';
import type { ExploredMode } from './world.ts';

/** @param order the requests that take each step, by letter. @throws when one of them cannot. */
export function inOrder(requests: readonly PlannedRequest[], order: string): Promise<Explored> {
  let at = 0;
  return runOrder(requests, (among) => {
    const index = (order.codePointAt(at++) ?? 0) - 65;
    if (!among.includes(index)) throw new RangeError(`step ${at} of ${order} cannot be taken: only ${among} can`);
    return index;
  });
}

/** Steps at which a random order may change the request that goes first. */
const changes = 3;
/** More steps than the explored requests take. */
const longestOrder = 40;

/**
 * Runs random interleavings of these requests: each has a random priority, which drops at a few random steps (Burckhardt et
 * al., A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, 2010).
 */
export async function* randomOrders(
  requests: readonly PlannedRequest[],
  { seed, orders, mode }: { readonly seed: number; readonly orders: number; readonly mode?: ExploredMode },
): AsyncGenerator<Explored> {
  const random = seeded(seed);
  for (let order = 0; order < orders; order++) {
    const priorities = requests.map(() => 1 + random(2 ** 20));
    const changeAt = Array.from({ length: changes }, () => random(longestOrder));
    let step = 0;
    yield await runOrder(
      requests,
      (among) => {
        const first = among.reduce((best, index) =>
          (priorities[index] ?? 0) > (priorities[best] ?? 0) ? index : best,
        );
        if (changeAt.includes(step++)) priorities[first] = -step;
        return first;
      },
      mode,
    );
  }
}

/**
 * Runs every interleaving of these requests, but leaves one as soon as it reaches a state that an earlier one has reached,
 * since that one is continued in every way: a depth-first search that remembers states.
 */
export async function* everyOrder(
  requests: readonly PlannedRequest[],
  { leavesKnownStates = true } = {},
): AsyncGenerator<Explored> {
  const known = new Set<string>();
  let prefix: number[] = [];
  for (;;) {
    const taken: number[] = [];
    const explored = await runOrder(requests, (among, state) => {
      const repeated = prefix[taken.length];
      if (repeated === undefined && leavesKnownStates) {
        const reached = state();
        if (known.has(reached)) return undefined;
        known.add(reached);
      }
      taken.push(repeated ?? 0);
      return among[repeated ?? 0] ?? 0;
    });
    if (!explored.isAbandoned) yield explored;
    // Depth-first: change the last choice that has an untried alternative.
    let last = taken.length - 1;
    while (last >= 0 && (taken[last] ?? 0) + 1 >= (explored.branches[last] ?? 0)) last -= 1;
    if (last < 0) return;
    prefix = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
}
