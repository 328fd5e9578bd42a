import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { test } from '../testing/browser/page-test.ts';

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
  await jobs.getByText(/JOBS=off.*need an instance with JOBS=on/).waitFor(); // the tests' stack runs with JOBS=off
  await page.getByRole('table', { name: /^Instances .*leader unknown$/ }).waitFor();

  const reconcile = jobs.getByRole('article', { name: 'reconcile' });
  const runNow = reconcile.getByRole('button', { name: 'Run now reconcile' });
  await runNow.focus();
  await page.keyboard.press('Enter');
  const answer = reconcile.getByRole('status');
  await answer.getByText(/^✓ Ran on app-\d: succeeded after/).waitFor();
  await reconcile
    .getByRole('row', { name: /manual app-\d ✓ succeeded/ })
    .first()
    .waitFor();
  expect(await runNow.evaluate('document.activeElement.textContent')).toBe('Run now reconcile');

  await redis.set(lock, 'another instance', 'PX', 60_000);
  complaints.expect(/Failed to load resource: .*409/);
  await runNow.click();
  await answer
    .getByText(/^✕ Not run: another instance is running it, or has just run it\. Try again in \d+ s\.$/)
    .waitFor();
});
