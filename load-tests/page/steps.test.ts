import type { Page } from 'playwright-core';
import { beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { test } from '../testing/browser/page-test.ts';
import { lossIn } from './picture.ts';
import { lostUpdate, stepRaces } from './stepped-race.ts';

beforeEach(() => resetUsers(testStack().url, 10));

/** The page's section “Step by step”. */
function stepper(page: Page) {
  const section = page.getByRole('region', { name: 'Step by step' });
  const next = section.getByRole('button', { name: /^Next/ });
  const state = (title: 'Pay' | 'Cancel', words: string | RegExp) =>
    section.locator('.states > div').filter({ hasText: title }).getByText(words).waitFor();
  return {
    section,
    verdict: section.getByRole('article').locator('[role=status]'),
    state,
    async begin(mode: string) {
      await section.getByLabel('Guarded by').selectOption(mode);
      await section.getByRole('button', { name: /^Begin/ }).click();
    },
    next: () => next.click(),
    /** Answers the question before the next step. @returns the page's result. */
    async guess(choice: string): Promise<string> {
      await next.click();
      await section.getByRole('button', { name: choice }).click();
      const text = section.locator('.guess');
      await text.waitFor();
      return text.innerText();
    },
    press: (name: string) => section.getByRole('button', { name }).click(),
  };
}

test('steps through the race with questions, undo and the lost update at its end', async ({ visit }) => {
  const { page } = await visit('/');
  const steps = stepper(page);
  await steps.begin('none');
  await steps.state('Pay', 'not sent yet');
  await steps.next();
  await steps.state('Pay', 'about to charge 49.00');
  await steps.next();
  await steps.state('Pay', 'about to write paid, decided on v0');
  expect(await steps.guess('It reads the user at once')).toMatch(/^✓ Right\./);
  await steps.state('Cancel', /about to refund/);
  await steps.next();
  await steps.state('Cancel', 'about to write unpaid, decided on v0');

  await steps.press('Undo');
  await steps.state('Cancel', /about to refund/);
  expect(new URL(page.url()).searchParams.get('moves')).toBe('AAB');
  await steps.next();
  await steps.next();
  await steps.state('Cancel', 'done');
  expect(await steps.guess('The database refuses its write')).toMatch(/^✕ Wrong\. It overwrites/);
  await steps.verdict.getByText(/has access and paid nothing/).waitFor();
  expect(await lossIn(steps.section).arrows.count()).toBe(1);
  expect(new URL(page.url()).searchParams.get('moves')).toBe('AABBBA');
});

test('the lock blocks the cancel until the pay is done; both resume', async ({ visit, patient }) => {
  const { page } = await visit(patient.url);
  const steps = stepper(page);
  await steps.begin('redis');
  await steps.next();
  await steps.next();
  await steps.state('Pay', /about to write paid/);
  await page.getByRole('row', { name: /^PAYMENT_\d+_4900 on redis pay on patient / }).waitFor();
  expect(await steps.guess('It waits until the pay is done')).toMatch(/^✓ Right\./);
  await steps.state('Cancel', 'blocked: waiting for the lock');
  expect(await steps.guess('It is admitted, and only then reads')).toMatch(/^✓ Right\./);
  await steps.state('Pay', 'done');
  await steps.state('Cancel', /^about to/);
  await steps.press('Resume both');
  await steps.verdict.getByText('No update was lost').waitFor();
  expect(await lossIn(steps.section).arrows.count()).toBe(0);
});

test('runs one activity at a time, and says why the others wait', async ({ visit }) => {
  const { page } = await visit('/');
  const race = page.getByRole('button', { name: 'Pay and cancel at once' });
  const load = page.getByRole('button', { name: 'Start' });
  const begin = page.getByRole('button', { name: /^Begin/ });
  const areIdle = () =>
    Promise.all([race, load, begin].map(async (one) => (await one.getAttribute('aria-disabled')) === 'true'));
  const why = (words: string) => page.locator('.why:visible').getByText(words);

  const steps = stepper(page);
  await steps.begin('none');
  await steps.next();
  await steps.state('Pay', 'about to charge 49.00');
  await expect.poll(areIdle).toEqual([true, true, false]);
  expect(await why('Step by step is in progress').count()).toBe(2); // the race's form is folded
  await race.click({ force: true }); // a press has no effect
  await steps.press('Resume both');
  await steps.verdict.waitFor();
  await expect.poll(areIdle).toEqual([false, false, false]);
  expect(await page.locator('.why').count()).toBe(0);
  expect(await page.locator('#runs').count()).toBe(0);

  const races = await stepRaces(page);
  await race.click();
  await expect
    .poll(() => Promise.all([areIdle(), why('A run is in progress').count()]))
    .toEqual([[true, true, true], 2]);
  await races.step(lostUpdate);
  await page
    .getByRole('article', { name: /^No guard/ })
    .getByText('has access and paid nothing')
    .waitFor();
});

test('resuming unsent requests sends both; they are done once answered', async ({ visit }) => {
  const { page } = await visit('/');
  const steps = stepper(page);
  await steps.begin('none');
  await steps.state('Cancel', 'not sent yet');
  await steps.press('Resume both');
  await steps.state('Pay', 'done');
  await steps.state('Cancel', 'done');
  await steps.section.getByText(/^Answer to pay: paid, after/).waitFor();
  await steps.section.getByText(/^Answer to cancel: \w.*, after/).waitFor();
});

test('does not report a resume that failed as done', async ({ visit }) => {
  const { page, complaints } = await visit('/');
  complaints.expect(/net::ERR_FAILED/);
  const steps = stepper(page);
  await steps.begin('none');
  await steps.next();
  await steps.state('Pay', 'about to charge 49.00');
  await page.route('**/let-go', (route) => route.abort());
  await steps.press('Resume both');
  await steps.section.getByText('Resuming failed').waitFor();
  await steps.state('Pay', 'about to charge 49.00');
  await page.unroute('**/let-go');
  await steps.press('Resume both');
  await steps.state('Pay', 'done');
});
