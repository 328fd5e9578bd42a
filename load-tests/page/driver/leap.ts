import type { Locator, Page } from 'playwright-core';
import { soon, until } from '../../../app/testing/until.ts';

const leapMs = 1000;
/** In milliseconds. */
export const patientMs = 500;

/**
 * Advances the page's clock, a second at a time, until an element is visible or hidden, so that the test need not wait for
 * what the page does every few seconds. The page must have been opened with `clock: 'led'`; the servers' clocks are real.
 *
 * @param options.everyMs real time between two seconds of the page. Its limits for answers pass as fast: {@link patientMs}
 *   where it must not give up on a server that answers.
 */
export async function leapUntil(
  page: Page,
  what: Locator,
  { state = 'visible', everyMs = 50 }: { state?: 'visible' | 'hidden'; everyMs?: number } = {},
): Promise<void> {
  const look = async () => {
    if ((await what.first().isVisible()) === (state === 'visible')) return true;
    await page.clock.fastForward(leapMs);
    return false;
  };
  await until(`${what} is ${state}`, look, { ...soon, everyMs });
}
