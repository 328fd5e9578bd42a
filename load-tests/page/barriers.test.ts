import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { expectNoBarriers } from './driver/no-barriers.ts';
import { play } from './driver/play.ts';
import { lostUpdate } from './driver/stepped-race.ts';
import { stepper } from './driver/stepper.ts';
import { test } from './driver/users-test.ts';
import { untilWhole } from './driver/whole-page.ts';

/** By name: the address, and what is waited for there. */
const states: Readonly<Record<string, readonly [address: string, untilThere: (page: Page) => Promise<void>]>> = {
  'the first view, with mistakes in its address': [
    '/?run=race&modes=nonsense&think=99999999&moves=XY',
    async (page) => {
      const words = await page.locator('.error', { hasText: 'The address of this page is invalid' }).innerText();
      expect(words).toMatch(/“modes” must be one or two different ones of none, .*not “nonsense”/);
      expect(words).toMatch(/“think” must be a whole number from 0 to 10000, not “99999999”/);
      expect(words).toMatch(/“moves” must be .*not “XY”/);
    },
  ],
  'an address that was not played': [
    '/?run=race&modes=none,redis&user=7',
    (page) => page.getByText('Nothing has been sent yet').waitFor(),
  ],
  'a stepped race': [
    '/?run=steps&modes=none&moves=AAB&seed=3',
    async (page) => {
      await play(page);
      await page.getByText('about to refund').first().waitFor();
    },
  ],
  'two modes side by side, and a lost update by steps': [
    '/?run=race&modes=none,redis&think=300&seed=2',
    async (page) => {
      await play(page);
      await page.getByText('Save as a page').waitFor();
      const steps = stepper(page);
      await steps.order(lostUpdate).click();
      await steps.verdict.getByText('has access and paid nothing').waitFor();
    },
  ],
};

test.for(Object.entries(states))(
  '%s: no accessibility violations (desktop light, phone dark), no wider than 360 px',
  async ([, [address, untilThere]], { visit, patient }) => {
    const { page } = await visit(new URL(address, patient.url).href);
    await untilThere(page);
    await untilWhole(page);
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    await expectNoBarriers(page);
  },
);
