// Takes the README's pictures of the page, on a private stack:
//   node --import tsx load-tests/page/take-screenshots.ts
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { resetUsers } from '../client/lab-client.ts';
import { startStack } from '../stack/index.ts';
import { installServers } from '../stack/install/install-servers.ts';
import { startKeeper } from '../stack/processes/keeper.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { openBrowser } from '../testing/browser/chromium.ts';
import { keepScreenshot, type ScreenshotOptions } from '../testing/browser/screenshot.ts';
import { openView } from '../testing/browser/view.ts';

const folder = join(repositoryRoot, 'app/web/screenshots');
const mostBytes = 120_000;

async function take(page: Page, name: string, options: ScreenshotOptions): Promise<void> {
  await page.mouse.move(0, 0); // no hover
  const bytes = await keepScreenshot(page, join(folder, name), { margin: 12, quality: 60, ...options });
  console.log(`app/web/screenshots/${name}: ${(bytes / 1000).toFixed(0)} kB`);
  if (bytes > mostBytes) throw new Error(`${name} is too large for a README: ${bytes} bytes, ${mostBytes} at most`);
}

await installServers(console.log, { wanted: ['chromium'] });
await using stack = await startStack({ onProgress: console.log });
await resetUsers(stack.url, 10);
const keeper = await startKeeper();
try {
  const browser = await openBrowser(keeper);
  const { page } = await openView(browser, { motion: 'reduce' });
  const picture = page.locator('#runs .head, #runs .diagram-box');

  await page.setViewportSize({ width: 1000, height: 800 });
  await page.goto(stack.url);
  await page.getByRole('button', { name: 'Pay and cancel at once' }).click();
  await page.getByText('Now with the Redis lock').waitFor();
  await take(page, 'lost-update.webp', { of: picture, scale: 1.5 });

  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByRole('button', { name: 'Now with the Redis lock' }).click();
  await page.getByText('Save as a page').waitFor();
  await take(page, 'with-and-without-a-lock.webp', { of: picture });

  await page.emulateMedia({ colorScheme: 'light' });
  const scheduler = page.locator('#scheduler');
  await scheduler.getByRole('button', { name: /^PPCCCP/ }).click();
  await scheduler.getByText('✕ Broken.').waitFor();
  await take(page, 'scheduler.webp', { of: scheduler.locator('.moves, .orders, .picture') });
  await browser.close();
} finally {
  await keeper.end();
}
