import type { Locator, Page } from 'playwright-core';
import { soon, until } from '../../app/testing/until.ts';

const leapMs = 1000;

/**
 * Moves the page's clock on, a second at a time, until something is to be seen, or is gone: what the page does every few
 * seconds need not be waited for. The page has to be of a look with `clock: 'led'`; the servers' time goes on as ever.
 */
export async function leapUntil(page: Page, what: Locator, state: 'visible' | 'hidden' = 'visible'): Promise<void> {
  const look = async () => {
    if ((await what.first().isVisible()) === (state === 'visible')) return true;
    await page.clock.fastForward(leapMs);
    return false;
  };
  await until(`${what} is ${state}`, look, { ...soon, everyMs: 50 });
}
