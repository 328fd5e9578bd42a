import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';
import { test } from './driver/users-test.ts';

/** Runs in the page: what of the verdict and the picture is outside of the window, in pixels above and below. */
const outside = `['.stage .outcome', '.stage .diagram-box'].map((selector) => {
  const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
  const controls = document.querySelector('.begin').getBoundingClientRect();
  return [Math.max(0, controls.bottom - top), Math.max(0, bottom - innerHeight), Math.max(0, -controls.top)].map(Math.round);
})`;

async function watchRace(page: Page, begin: () => Promise<void>): Promise<void> {
  const races = await stepRaces(page);
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).waitFor();
  await begin();
  await races.step(lostUpdate.slice(0, -1));
  await page.locator('.stage').getByText('Running').waitFor();
  const nothing = [0, 0, 0];
  await expect.poll(() => page.evaluate(outside)).toEqual([nothing, nothing]);
  const top = async () => (await page.locator('.stage .diagram-box').boundingBox())?.y ?? Number.NaN;
  const before = await top();
  await races.step(lostUpdate.slice(-1));
  await page.locator('.stage').getByText('has access and paid nothing').waitFor();
  await expect.poll(() => page.evaluate(outside)).toEqual([nothing, nothing]);
  expect(Math.abs((await top()) - before), 'the verdict moves no picture').toBeLessThan(2);
}

test('a run that is chosen further down comes into view, with its picture and its controls', async ({ visit }) => {
  const { page } = await visit('/');
  await watchRace(page, async () => {
    await page.getByText('Choose for yourself').click();
    await page.getByRole('button', { name: 'Run it' }).click();
  });
});

test('on a phone, too', async ({ visit }) => {
  const { page } = await visit('/', { on: 'phone' });
  await page.setViewportSize({ width: 390, height: 844 });
  await watchRace(page, () => page.getByRole('button', { name: 'Pay and cancel at once' }).click());
});

/** Runs in the page: presses "Run it", and returns where the verdict is in the first frame that has one. */
const firstFrame = `(async () => {
  [...document.querySelectorAll('form button')].at(-1).click();
  while (!document.querySelector('.stage .outcome')) await new Promise(requestAnimationFrame);
  const { top, bottom } = document.querySelector('.stage .outcome').getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
})()`;

test('a run is in view from its first frame, however far down it was begun', async ({ visit }) => {
  const { page } = await visit('/');
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).waitFor();
  await page.getByText('Choose for yourself').click();
  await page.locator('#jobs').scrollIntoViewIfNeeded();
  expect(await page.evaluate(firstFrame)).toBe(true);
  await page.locator('.stage .judged').waitFor();
});
