import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect } from 'vitest';
import { findBarriers } from '../testing/browser/axe.ts';
import { lossIn } from './driver/picture.ts';
import { play } from './driver/play.ts';
import { test } from './driver/users-test.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'share-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Presses a button that saves a file. @returns its path. */
async function keep(page: Page, button: string): Promise<string> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const download = await downloading;
  const file = join(directory, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

test('on paper there is the run and nothing to press', async ({ visit }) => {
  const { page } = await visit('/?run=steps&modes=none&moves=AABBBA&seed=1');
  await play(page);
  const loss = lossIn(page.locator('main')).arrows.first();
  await loss.waitFor();
  await page.emulateMedia({ media: 'print' });
  expect(await loss.isVisible()).toBe(true);
  expect(await page.locator('.order:visible').count()).toBe(20);
  const unused = page.locator('.begin:visible, #load:visible');
  expect(await unused.count()).toBe(0);
  expect(await page.locator('button:visible:not(.order), input:visible, select:visible').allInnerTexts()).toEqual([]);
});

test('a saved run opens without a network, and has the same address and verdict', async ({ visit }) => {
  const address = '/?run=steps&modes=none&moves=AABBBA&seed=1';
  const { page } = await visit(address);
  await play(page);
  const verdict = page.getByText(/has access and paid nothing/).first();
  await verdict.waitFor();

  const { page: kept, context } = await visit('about:blank');
  await context.setOffline(true);
  await kept.goto(pathToFileURL(await keep(page, 'Save as a page')).href);
  expect(
    await kept
      .getByText(/has access and paid nothing/)
      .first()
      .innerText(),
  ).toBe(await verdict.innerText());
  expect(await lossIn(kept.locator('main')).arrows.isVisible()).toBe(true);
  expect(await kept.getByRole('row', { name: /✕ Lost update/ }).isVisible()).toBe(true);
  expect(await kept.getByRole('link').getAttribute('href')).toContain(address);
  expect(await kept.locator('script, button, input, select, output').count()).toBe(0);
  expect(await findBarriers(kept)).toEqual([]);
  await kept.setViewportSize({ width: 390, height: 844 });
  expect(await kept.evaluate('document.documentElement.scrollWidth')).toBe(390);

  const { link, runs } = JSON.parse(await readFile(await keep(page, 'Save as JSON'), 'utf8'));
  expect(link).toContain(address);
  expect(runs).toMatchObject([{ mode: 'none', after: { paid: true, balance: 0 } }]);
  const written = runs[0].events.filter(
    ({ step, kind }: Record<string, unknown>) => step === 'written' && kind === 'pay',
  );
  expect(written).toMatchObject([{ readVersion: 0, overwrote: 1 }]);
});
