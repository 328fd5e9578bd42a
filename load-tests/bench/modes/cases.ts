import { resetUsers, untilQuiet } from '../../client/lab-client.ts';
import { loadSlice } from '../../client/slice.ts';
import { withAmounts } from '../../race/amounts.ts';
import type { Stack } from '../../stack/index.ts';
import { type Figures, figuresOf } from './costs.ts';
import type { ModesBenchOptions } from './options.ts';

/** One way of loading the stack, and what it was like in a mode for so many seconds. */
export interface Case {
  readonly name: 'uncontended' | 'hotUser';
  readonly title: string;
  measure(mode: string, seconds: number, seed: number): Promise<Figures>;
}

/** What the instances are given: one stack serves both cases, as in the lab a request may say otherwise. */
export const instanceEnv = { GATEWAY_MS: '5' };
/** Lets the processor answer at once: then a request is nothing but what the service and the guard make of it. */
const atOnce = { 'X-Gateway-Ms': '0' };
/** Longer than a request may wait for its lock. */
const quietWithinMs = 30_000;

/**
 * Makes the users for both cases, of which the second can be measured `slices` times. Each request chooses its mode, so
 * that all modes are measured on the same warm instances.
 */
export async function prepareCases(stack: Stack, options: ModesBenchOptions, slices: number): Promise<Case[]> {
  const { url, instances } = stack;
  const { connections, users } = options;
  const names = new Set(instances.map(({ name }) => name));
  const ids = (await resetUsers(url, users + slices)).map(({ id }) => id);
  const many = withAmounts(ids.slice(0, users), 1);
  // A fresh one for each slice: a read takes the longer, the more charges a user has had.
  const hot = withAmounts(ids.slice(users), 1);

  async function load(mode: string, loaded: typeof many, slice: { seconds: number; seed: number }, lab = {}) {
    const headers = { 'X-Lock-Mode': mode, ...lab };
    const result = await loadSlice({ url, connections, users: loaded, headers, ...slice });
    await untilQuiet({ url, instances: names, withinMs: quietWithinMs }); // what is still under way is not the next one's
    return figuresOf(result);
  }

  return [
    {
      name: 'uncontended',
      title: `${users} users, so that hardly anybody meets; ${connections} connections, GATEWAY_MS=0`,
      measure: (mode, seconds, seed) => load(mode, many, { seconds, seed }, atOnce),
    },
    {
      name: 'hotUser',
      title: `everybody after one user; ${connections} connections, GATEWAY_MS=${instanceEnv.GATEWAY_MS}`,
      measure: (mode, seconds, seed) => load(mode, hot.splice(0, 1), { seconds, seed }),
    },
  ];
}
