import { expect } from 'vitest';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';
import { test } from './driver/users-test.ts';

test('a presenter goes through the story and into both races with the space bar alone', async ({ visit, patient }) => {
  const { page } = await visit(patient.url);
  const races = await stepRaces(page);
  const story = page.getByRole('region', { name: 'The race in five pictures' });
  await story.getByText(/^1 of 5\. A pay reads the user/).waitFor();
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).waitFor();
  await page.getByRole('button', { name: 'Present' }).click();
  const forward = await story.getByRole('button', { name: 'Forward' }).boundingBox();
  expect((forward?.y ?? 999) + (forward?.height ?? 999), 'the story is in the first view').toBeLessThanOrEqual(800);
  const steps = page.locator('#steps');
  expect(await steps.isVisible()).toBe(false);
  for (const frame of [2, 3, 4, 5]) {
    await page.keyboard.press(' ');
    await story.getByText(new RegExp(`^${frame} of 5`)).waitFor();
  }
  await page.keyboard.press('ArrowLeft');
  await story.getByText(/^4 of 5\. .* lost/).waitFor();
  await page.keyboard.press(' ');
  await page.keyboard.press(' ');
  await races.step(lostUpdate);
  await page.locator('.stage').getByText('has access and paid nothing').waitFor();
  const picture = await page.locator('.stage .diagram-box').boundingBox();
  expect(picture?.y, 'the picture is in view').toBeGreaterThan(0);
  expect((picture?.y ?? 999) + (picture?.height ?? 999)).toBeLessThanOrEqual(800);
  await page.getByRole('button', { name: 'Now with the Redis lock', disabled: false }).waitFor();
  await page.keyboard.press(' ');
  await races.step('AAABBB', 'redis');
  await page.locator('.stage').getByText('No update was lost').waitFor();
  await page.keyboard.press('Escape');
  await steps.waitFor();
});
