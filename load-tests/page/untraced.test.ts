import { beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { test } from '../testing/browser/page-test.ts';
import type { View } from '../testing/browser/view.ts';
import { leapUntil } from './leap.ts';
import { lostUpdate, stepRaces } from './stepped-race.ts';

beforeEach(() => resetUsers(testStack().url, 10));

const notKnown = 'Whether an update was lost is not known';
const holes = 'Some events were gone before they could be fetched: a picture may have holes.';

/** Has the stream of events be refused as nginx does while no instance is there: the browser gives it up then. */
async function refuseTheTrace({ page, complaints }: View): Promise<void> {
  complaints.expect(/Failed to load resource: .*502 .*\/lab\/trace/);
  await page.route('**/lab/trace?*', (route) => route.fulfill({ status: 502 }));
}

test('without a trace it does not claim that nothing was lost, though flag and ledger agree', async ({
  visit,
  patient,
}) => {
  const view = await visit('about:blank', { clock: 'led' });
  const { page } = view;
  await refuseTheTrace(view);
  await page.goto(`${patient.url}/?run=race&modes=redis&think=300&seed=1`);
  const outcome = page.getByRole('article', { name: /^The Redis lock/ }).locator('[role=status]');
  await leapUntil(page, outcome.getByText(notKnown));
  expect(await outcome.innerText()).toMatch(/There is no trace of this run\. In the end the user has /);
  expect(await outcome.locator('.untested').count()).toBe(1);

  const load = page.getByRole('region', { name: 'A small load' });
  await load.getByLabel('Guarded by').selectOption('redis');
  await load.getByRole('button', { name: 'Start' }).click();
  await leapUntil(page, load.getByText(/\d paid/)); // something was answered
  await leapUntil(
    page,
    load.getByText(`redis: ${notKnown}: there is no trace. Flag and books agree for each of the users.`),
  );
});

test('reports a trace with gaps until the next run', async ({ visit, patient }) => {
  const view = await visit('about:blank', { clock: 'led' });
  const { page } = view;
  const races = await stepRaces(page);
  const warning = page.locator('.errors').getByText(holes);
  await refuseTheTrace(view);
  const paid = page.waitForRequest(/\/users\/\d+\/pay$/);
  await page.goto(`${patient.url}/?run=race&modes=redis&think=1500&seed=1`);
  await leapUntil(page, page.getByText(/^Under way …$/));
  await paid;
  expect(await warning.count()).toBe(0);
  await page.unroute('**/lab/trace?*');
  await leapUntil(page, warning);
  await races.step('AAABBB', 'redis');

  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
  await expect.poll(() => warning.count()).toBe(0);
  await races.step(lostUpdate);
  await page
    .getByRole('article', { name: /^No guard/ })
    .getByText('has access and paid nothing')
    .waitFor();
  expect(await warning.count()).toBe(0);
});
