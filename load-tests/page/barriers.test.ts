import type { Page } from 'playwright-core';
import { beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { findBarriers } from '../testing/browser/axe.ts';
import { test, type Visit } from '../testing/browser/page-test.ts';
import { untilWhole } from './whole-page.ts';

beforeEach(() => resetUsers(testStack().url, 10));

/** The views of the page: address, and a text on it. */
const views = {
  'the first view': ['/', 'Pay and cancel at once'],
  'a lost update': ['/?run=steps&modes=none&moves=AABBBA&seed=1', 'has access and paid nothing'],
  'two modes side by side': ['/?run=race&modes=none,redis&think=300&seed=2', 'Save as a page'],
  'a stepped race': ['/?run=steps&modes=none&moves=AAB&seed=3', 'about to refund'],
  'an address with mistakes': ['/?run=race&modes=nonsense', 'The address of this page is invalid'],
} as const;

/** Opens a view, waits until it is complete, and unfolds everything. */
async function openWhole(visit: Visit, [path, words]: readonly [string, string]): Promise<Page> {
  const { page } = await visit(path);
  await page.getByText(words).first().waitFor();
  await untilWhole(page);
  const folded = page.locator('details:not([open]) > summary');
  while ((await folded.count()) > 0) await folded.first().click();
  return page;
}

test.for(Object.entries(views))(
  '%s: no accessibility violations (desktop light, phone dark), no wider than 360 px',
  async ([, [path, words]], { visit, patient }) => {
    const page = await openWhole(visit, [new URL(path, patient.url).href, words]);
    const byDesktop = await findBarriers(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    const byPhone = await findBarriers(page);
    const sideways = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect({ byDesktop, byPhone, sideways }).toEqual({ byDesktop: [], byPhone: [], sideways: 0 });
  },
);
