import { expect } from 'vitest';
import { leapUntil, patientMs } from './driver/leap.ts';
import { play } from './driver/play.ts';
import { test } from './driver/users-test.ts';

test('claims nothing without a trace, and says that it has gaps once it is back', async ({ visit, patient }) => {
  const { page, complaints } = await visit('about:blank', { clock: 'led' });
  // As nginx does without an instance: the browser then gives up.
  complaints.expect(/Failed to load resource: .*502 .*\/lab\/trace/);
  await page.route('**/lab/trace?*', (route) => route.fulfill({ status: 502 }));
  await page.goto(`${patient.url}/?run=race&modes=redis&think=300&seed=1`);
  await play(page);
  const outcome = page.getByRole('article', { name: /^The Redis lock/ }).locator('[role=status]');
  await leapUntil(page, outcome.getByText('Unknown whether an update was lost'), { everyMs: patientMs });
  expect(await outcome.innerText()).toMatch(/There is no trace of this run\. The user has /);
  expect(await outcome.locator('.untested').count()).toBe(1);
  const warning = page.locator('.errors').getByText('Some events were lost before they could be read');
  expect(await warning.count()).toBe(0);
  await page.unroute('**/lab/trace?*');
  await leapUntil(page, warning, { everyMs: patientMs });
});
