import type { Page } from 'playwright-core';
import { testStack } from '../../../app/testing/stack.ts';
import { soon, until } from '../../../app/testing/until.ts';
import { listSession, release, resume } from '../../client/stepped-requests.ts';

/** The races of a page, stepped by the test: their result does not depend on timing. */
export interface SteppedRaces {
  /**
   * Steps the pay (`A`) and the cancel (`B`) of the page's race, one after the other: each reads, charges or refunds, and
   * writes. Waits for a request that is not sent yet or is blocked.
   */
  step(steps: string, mode?: string): Promise<void>;
  /** Resumes all requests. */
  resume(): Promise<void>;
}

/** As it ends without a guard: the pay reads and charges; the cancel reads, refunds and writes; then the pay writes. */
export const lostUpdate = 'AABBBA';

let sessions = 0;

/**
 * Makes the step control hold all pays and cancels of the page's races from now on. The payment processor takes no time: the
 * holds make the race window.
 *
 * @param url an instance that answers for the step control.
 */
export async function stepRaces(page: Page, url = testStack().url): Promise<SteppedRaces> {
  sessions += 1;
  const session = `led-${process.pid}-${sessions}`;
  await page.route('**/users/*/{pay,cancel}', async (route) => {
    const headers = route.request().headers();
    // Not the cancels that make a user unpaid first, nor the page's own stepped requests.
    const isOfRace = headers['x-lab-trace'] !== undefined && headers['x-lab-steps'] === undefined;
    const steps = { 'x-lab-steps': session, 'x-lab-hold-ms': '30000', 'x-gateway-ms': '0' };
    await route.fallback({ headers: { ...headers, ...(isOfRace && steps) } });
  });

  /** Finds a request by the page's ids: `pay-A1-none-…`. */
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
    resume: () => resume(url, session),
  };
}
