import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { test } from '../testing/browser/page-test.ts';
import { leapUntil } from './leap.ts';

const lock = 'JOB_reconcile';
let redis: Redis;
beforeAll(() => {
  redis = new Redis(testStack().redisUrl);
});
afterEach(() => redis.del(lock));
afterAll(() => redis.disconnect());

test('runs a job on request; says when it runs elsewhere, and when jobs are off', async ({ visit }) => {
  await redis.del(lock);
  const { page, complaints } = await visit('/');
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await jobs.getByText(/JOBS=off.*nothing runs at its time/).waitFor(); // as the stack of the tests has them
  await page.getByRole('table', { name: /^Instances .*nobody is known to lead$/ }).waitFor();

  const reconcile = jobs.getByRole('article', { name: 'reconcile' });
  const runNow = reconcile.getByRole('button', { name: 'Run now reconcile' });
  await runNow.focus();
  await page.keyboard.press('Enter');
  const answer = reconcile.getByRole('status');
  await answer.getByText(/^✓ Ran on app-\d: succeeded after/).waitFor();
  await reconcile
    .getByRole('row', { name: /by hand app-\d ✓ succeeded/ })
    .first()
    .waitFor();
  expect(await runNow.evaluate('document.activeElement.textContent')).toBe('Run now reconcile');

  await redis.set(lock, 'another instance', 'PX', 60_000);
  complaints.expect(/Failed to load resource: .*409/);
  await runNow.click();
  await answer.getByText(/^✕ Not run: it is running elsewhere, or has run just now\. Try again in \d+ s\.$/).waitFor();
});

test('says since when jobs cannot be read, and recovers', async ({ visit }) => {
  const { page, complaints } = await visit('/', { clock: 'led' });
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await jobs.getByRole('article', { name: 'prune' }).waitFor();
  complaints.expect(/net::ERR_FAILED/);
  await page.route('**/jobs', (route) => route.abort());
  const trouble = jobs.getByText(/^The jobs cannot be read: the lab does not answer\. What is shown was so at /);
  await leapUntil(page, trouble);
  await page.unroute('**/jobs');
  await leapUntil(page, trouble, 'hidden');
});
