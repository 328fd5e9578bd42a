import type { Page } from 'playwright-core';

/** Plays what the page's address asks for: an address alone sends nothing. */
export async function play(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Play it', disabled: false }).click();
}
