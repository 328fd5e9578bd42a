import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { findBarriers } from '../../testing/browser/axe.ts';

/** A page without accessibility violations, light on a desktop and dark on a phone, where it is no wider than 360 px. */
export async function expectNoBarriers(page: Page): Promise<void> {
  const byDesktop = await findBarriersFromTheTop(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 360, height: 740 });
  const byPhone = await findBarriersFromTheTop(page);
  const sideways = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect({ byDesktop, byPhone, sideways }).toEqual({ byDesktop: [], byPhone: [], sideways: 0 });
}

/** Further down, a bar that stays in view covers a part of some button, until the reader scrolls on. */
async function findBarriersFromTheTop(page: Page): Promise<string[]> {
  await page.evaluate('scrollTo({ top: 0, behavior: "instant" })');
  return findBarriers(page);
}
