import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { findBarriers } from '../testing/browser/axe.ts';
import { test } from '../testing/browser/page-test.ts';
import { lossIn } from './driver/picture.ts';
import { play } from './driver/play.ts';

beforeEach(() => resetUsers(testStack().url, 10));

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

test('the address of a run repeats its schedule and mode', async ({ visit, patient }) => {
  const { page } = await visit(patient.url);
  await page.getByText('Choose for yourself').click();
  const form = page.locator('form');
  await form.getByLabel('Guarded by').selectOption('redis');
  await form.getByLabel('Payment processor takes').selectOption('300');
  await form.getByRole('button', { name: 'Run it' }).click();
  await page.getByText('Save as a page').waitFor(); // it is over
  const run = page.getByRole('article', { name: /^The Redis lock/ });
  await run.getByText('No update was lost').waitFor(); // the trace may be behind

  const address = new URL(page.url());
  expect(address.search).toMatch(/^\?run=race&modes=redis&think=300&seed=\d+$/);
  const { page: again } = await visit(address.href);
  await play(again);
  await again.getByText('Save as a page').waitFor();
  await again.getByRole('article', { name: /^The Redis lock/ }).waitFor();
  expect(new URL(again.url()).search).toBe(address.search);
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

test('describes the mistakes in an address', async ({ visit }) => {
  const { page } = await visit('/?run=race&modes=nonsense&think=99999999&moves=XY');
  const words = await page.locator('.errors').innerText();
  expect(words).toMatch(/“modes” must be one or two different ones of none, .*not “nonsense”/);
  expect(words).toMatch(/“think” must be a whole number from 0 to 10000, not “99999999”/);
  expect(words).toMatch(/“moves” must be .*not “XY”/);
});
