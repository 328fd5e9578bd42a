import type { Page } from 'playwright-core';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { listSession, release, resume } from '../client/stepped-requests.ts';

/** The races that a page plays, led by the test: how they end is no matter of luck. */
export interface SteppedRaces {
  /**
   * Has the pay (`A`) and the cancel (`B`) of the page's race take these steps, one after the other: each reads, charges or
   * refunds, and writes. A request that is not there yet, or is kept out, is waited for.
   */
  step(steps: string, mode?: string): Promise<void>;
  /** All go on by themselves. */
  letGo(): Promise<void>;
}

/** As it ends without a guard: the pay reads and charges; the cancel reads, refunds and writes; then the pay writes. */
export const lostUpdate = 'AABBBA';

let led = 0;

/**
 * Has the step control hold whatever pays and cancels the page's races send from now on. The card processor takes no time
 * then: what gives each the time to come in between is that the others are held.
 *
 * @param url an instance that answers for the step control.
 */
export async function stepRaces(page: Page, url = testStack().url): Promise<SteppedRaces> {
  led += 1;
  const session = `led-${process.pid}-${led}`;
  await page.route('**/users/*/{pay,cancel}', async (route) => {
    const headers = route.request().headers();
    // Not what makes the user free before it, nor what the page itself leads step by step.
    const isOfRace = headers['x-lab-trace'] !== undefined && headers['x-lab-steps'] === undefined;
    const steps = { 'x-lab-steps': session, 'x-lab-hold-ms': '30000', 'x-gateway-ms': '0' };
    await route.fallback({ headers: { ...headers, ...(isOfRace && steps) } });
  });

  /** Goes by the ids that the page gives: `pay-A1-none-…`. */
  async function step(kind: 'pay' | 'cancel', mode: string): Promise<void> {
    const find = async () =>
      (await listSession(url, session)).find(
        ({ requestId }) => requestId.startsWith(kind) && requestId.includes(`-${mode}-`),
      );
    const held = await until(
      `the ${kind} in ${mode} is held`,
      async () => {
        const found = await find();
        return found?.heldBefore ? found : undefined;
      },
      soon,
    );
    await release(url, session, held.requestId);
    const isDone = async () => {
      const found = await find();
      return found === undefined || (found.heldBefore !== null && found.holds > held.holds);
    };
    await until(`the ${kind} in ${mode} has taken its step`, isDone, soon);
  }

  return {
    async step(steps, mode = 'none') {
      for (const name of steps) await step(name === 'A' ? 'pay' : 'cancel', mode);
    },
    letGo: () => resume(url, session),
  };
}
