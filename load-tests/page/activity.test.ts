import { expect } from 'vitest';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';
import { stepper } from './driver/stepper.ts';
import { test } from './driver/users-test.ts';

test('runs one activity at a time, and says why the others wait', async ({ visit }) => {
  const { page, complaints } = await visit('/');
  complaints.expect(/net::ERR_FAILED/);
  const race = page.getByRole('button', { name: 'Pay and cancel at once' });
  const load = page.getByRole('button', { name: 'Start' });
  const begin = page.getByRole('button', { name: /^Begin/ });
  const areIdle = () =>
    Promise.all([race, load, begin].map(async (one) => (await one.getAttribute('aria-disabled')) === 'true'));
  const why = (words: string) => page.locator('.why:visible').getByText(words);

  const steps = stepper(page);
  await steps.begin('No guard');
  await steps.move('A');
  await steps.state('Pay', 'about to charge 49.00');
  await expect.poll(areIdle).toEqual([true, true, false]);
  expect(await why('Two requests are held').count()).toBe(2); // the race's form is folded
  await race.click({ force: true }); // a press has no effect
  await page.route('**/let-go', (route) => route.abort());
  await steps.press('Resume both');
  await steps.section.getByText('Resuming failed').waitFor();
  await steps.state('Pay', 'about to charge 49.00');
  await page.unroute('**/let-go');
  await steps.press('Resume both');
  await steps.verdict.waitFor();
  await steps.section.getByText(/^Answer to pay: paid, after/).waitFor();
  await expect.poll(areIdle).toEqual([false, false, false]);
  expect(await page.locator('.why').count()).toBe(0);
  expect(await page.locator('#runs').count()).toBe(0);

  const races = await stepRaces(page);
  await race.click();
  await expect
    .poll(() => Promise.all([areIdle(), why('A run is in progress').count()]))
    .toEqual([[true, true, true], 2]);
  await races.step(lostUpdate);
  await page.locator('#runs').getByText('has access and paid nothing').waitFor(); // the steps may have lost one, too
});
