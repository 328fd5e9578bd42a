import { resetUsers, untilQuiet } from '../../client/lab-client.ts';
import { loadSlice } from '../../client/load.ts';
import { withAmounts } from '../../race/amounts.ts';
import type { Stack } from '../../stack/index.ts';
import { type Figures, figuresOf } from './costs.ts';
import type { ModesBenchOptions } from './options.ts';

/** One way of loading the stack. */
export interface Case {
  readonly name: 'uncontended' | 'hotUser';
  readonly title: string;
  measure(mode: string, seconds: number, seed: number): Promise<Figures>;
}

/** One stack serves both cases: a request header overrides it. */
export const instanceEnv = { GATEWAY_MS: '5' };
/** Makes the payment processor answer at once, which leaves only the cost of the service and the guard. */
const noGatewayDelay = { 'X-Gateway-Ms': '0' };
/** Longer than a request may wait for its lock. */
const quietWithinMs = 30_000;

/**
 * Creates the users of both cases; the second can be measured `slices` times. Each request chooses its mode, so that all
 * modes are measured on the same warm instances.
 */
export async function prepareCases(stack: Stack, options: ModesBenchOptions, slices: number): Promise<Case[]> {
  const { url, instances } = stack;
  const { connections, users } = options;
  const names = new Set(instances.map(({ name }) => name));
  const ids = (await resetUsers(url, users + slices)).map(({ id }) => id);
  const many = withAmounts(ids.slice(0, users), 1);
  // One user per slice, because a read slows down with the number of charges.
  const hot = withAmounts(ids.slice(users), 1);

  async function load(mode: string, loaded: typeof many, slice: { seconds: number; seed: number }, lab = {}) {
    const headers = { 'X-Lock-Mode': mode, ...lab };
    const result = await loadSlice({ url, connections, users: loaded, headers, ...slice });
    await untilQuiet({ url, instances: names, withinMs: quietWithinMs }); // leftovers must not load the next slice
    return figuresOf(result);
  }

  return [
    {
      name: 'uncontended',
      title: `${users} users, so that few requests overlap; ${connections} connections, GATEWAY_MS=0`,
      measure: (mode, seconds, seed) => load(mode, many, { seconds, seed }, noGatewayDelay),
    },
    {
      name: 'hotUser',
      title: `every request for one user; ${connections} connections, GATEWAY_MS=${instanceEnv.GATEWAY_MS}`,
      measure: (mode, seconds, seed) => load(mode, hot.splice(0, 1), { seconds, seed }),
    },
  ];
}
