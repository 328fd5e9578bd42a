import { expect } from 'vitest';
import { findBarriers } from '../../testing/browser/axe.ts';
import { test } from '../../testing/browser/page-test.ts';
import { play } from './play.ts';
import { untilWhole } from './whole-page.ts';

/**
 * Tests that each view is accessible and scrolls down only: loaded, with its details open, on a light desktop and on a dark
 * phone.
 *
 * @param views by name: the address, a text on it, and whether it is to be played.
 */
export function testForBarriers(views: Readonly<Record<string, readonly [string, string, 'play'?]>>): void {
  test.for(Object.entries(views))(
    '%s: no accessibility violations (desktop light, phone dark), no wider than 360 px',
    async ([, [path, words, isPlayed]], { visit, patient }) => {
      const { page } = await visit(new URL(path, patient.url).href);
      if (isPlayed) await play(page);
      await page.getByText(words).first().waitFor();
      await untilWhole(page);
      await page.locator('details').evaluateAll((all) => {
        for (const one of all) one.setAttribute('open', '');
      });

      const byDesktop = await findBarriers(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 360, height: 740 });
      const byPhone = await findBarriers(page);
      const sideways = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect({ byDesktop, byPhone, sideways }).toEqual({ byDesktop: [], byPhone: [], sideways: 0 });
    },
  );
}
