import { beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { test } from '../testing/browser/page-test.ts';
import type { View } from '../testing/browser/view.ts';
import { leapUntil } from './driver/leap.ts';
import { play } from './driver/play.ts';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';

beforeEach(() => resetUsers(testStack().url, 10));

const unknown = 'Unknown whether an update was lost';
const gaps = 'Some events were lost before they could be read: a picture may have gaps.';

/** Refuses the event stream as nginx does without an instance: the browser then gives up. */
async function refuseTheTrace({ page, complaints }: View): Promise<void> {
  complaints.expect(/Failed to load resource: .*502 .*\/lab\/trace/);
  await page.route('**/lab/trace?*', (route) => route.fulfill({ status: 502 }));
}

test('without a trace, does not claim that no update was lost', async ({ visit, patient }) => {
  const view = await visit('about:blank', { clock: 'led' });
  const { page } = view;
  await refuseTheTrace(view);
  await page.goto(`${patient.url}/?run=race&modes=redis&think=300&seed=1`);
  await play(page);
  const outcome = page.getByRole('article', { name: /^The Redis lock/ }).locator('[role=status]');
  await leapUntil(page, outcome.getByText(unknown));
  expect(await outcome.innerText()).toMatch(/There is no trace of this run\. The user has /);
  expect(await outcome.locator('.untested').count()).toBe(1);
});

test('reports a trace with gaps until the next run', async ({ visit, patient }) => {
  const view = await visit('about:blank', { clock: 'led' });
  const { page } = view;
  const races = await stepRaces(page);
  const warning = page.locator('.errors').getByText(gaps);
  await refuseTheTrace(view);
  const paid = page.waitForRequest(/\/users\/\d+\/pay$/);
  await page.goto(`${patient.url}/?run=race&modes=redis&think=1500&seed=1`);
  await play(page);
  await leapUntil(page, page.getByText(/^Running …$/));
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
