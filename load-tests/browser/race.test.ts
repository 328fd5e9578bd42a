import type { Locator } from 'playwright-core';
import { beforeAll, expect } from 'vitest';
import { call } from '../../app/testing/client.ts';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../workload/lab-client.ts';
import { test } from './page-test.ts';
import { isRed, lossIn } from './picture.ts';
import { lostInWords, playTheRace } from './play-race.ts';

beforeAll(() => resetUsers(testStack().url, 10));

const verdictOf = (run: Locator) => run.locator('[role=status]');

test('in none the race ends in a lost update: in words, as a red arrow with a label, and in the table', async ({
  visit,
}) => {
  const { page } = await visit('/');
  const run = await playTheRace(page);
  const verdict = verdictOf(run);
  expect(await verdict.innerText()).toMatch(
    /The pay had read version 0\. By the time it wrote “paid”, version 1 was there: it wiped out the cancel’s “free”/,
  );
  expect(await run.innerText()).toMatch(/after, access, charged 0\.00/);

  const { labels, arrows } = lossIn(run);
  expect(await labels.innerHTML()).toBe('✕ lost update: v0 was written over v1');
  expect([await arrows.isVisible(), await isRed(arrows)]).toEqual([true, true]);
  const staleWrite = run.getByRole('option', { name: /Lost update/ });
  expect(await staleWrite.getAttribute('aria-label')).toMatch(/over version 1/);
  await run.getByText('Every step, as a table').click();
  expect(await run.getByRole('row', { name: /✕ Lost update/ }).count()).toBe(1);

  await page.getByRole('button', { name: 'Now with the Redis lock' }).click();
  const guarded = page.getByRole('article', { name: /^The Redis lock/ });
  await verdictOf(guarded).getByText('Nothing was lost').waitFor();
  await verdict.getByText(lostInWords).waitFor();
  const [left, right] = [await verdict.boundingBox(), await verdictOf(guarded).boundingBox()];
  if (!left || !right) throw new Error('a verdict cannot be seen');
  expect(left.x + left.width, 'side by side').toBeLessThanOrEqual(right.x);
  expect(Math.abs(left.y - right.y)).toBeLessThan(left.height);
  expect([await arrows.count(), await labels.count()]).toEqual([1, 1]);
  expect([await lossIn(guarded).arrows.count(), await lossIn(guarded).labels.count()]).toEqual([0, 0]);
});

test('in redis the same clicks end with the second request waiting, and nothing is lost', async ({ visit }) => {
  const { page } = await visit('/');
  await page.getByText('Choose for yourself').click();
  const form = page.locator('form');
  await form.getByLabel('Guarded by').selectOption('redis');
  await form.getByRole('button', { name: 'Run it' }).click();

  const run = page.getByRole('article', { name: /^The Redis lock/ });
  const verdict = verdictOf(run);
  await verdict.getByText('The cancel waits').waitFor();
  await verdict.getByText('Nothing was lost').waitFor();
  expect(await verdict.innerText()).toMatch(
    /The cancel was kept waiting for \d+ ms, and then read what the other had left/,
  );
  expect(await run.innerText()).toMatch(/after, no access, charged 0\.00/);
  expect(
    await run
      .getByRole('listitem')
      .filter({ hasText: /cancel is let in after \d/ })
      .count(),
  ).toBe(1);
  expect(await lossIn(run).arrows.count()).toBe(0);
});

test('who holds a lock is shown, whoever has asked for it; often only while a race is under way', async ({ visit }) => {
  const [user] = await resetUsers(testStack().url, 10);
  const { page } = await visit('/');
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/lab/locks')) asked += 1;
  });
  const locks = page.getByRole('table', { name: 'Locks that are held' });
  const none = locks.getByText('None, for the users that are shown.');
  await none.waitFor();
  const headers = { 'x-lock-mode': 'redis', 'x-gateway-ms': '5000' };
  const paid = call(`/users/${user?.id}/pay`, { json: { amount: 4900 }, headers });
  await locks.getByText(`PAYMENT_${user?.id}_4900`).waitFor();
  expect(await locks.getByText('not in this trace').count()).toBe(1);
  expect((await paid).status).toBe(200);
  await none.waitFor();

  await page.goto(`${testStack().url}/?run=race&modes=redis&think=1000&seed=1`);
  await page.getByRole('article').getByText('Nothing was lost').waitFor();
  await none.waitFor();
  const before = asked;
  for (let looks = 0; looks < 2; looks++) await page.waitForResponse(/\/lab\/instances$/); // four seconds, or so
  expect(asked - before).toBeLessThanOrEqual(3);
});
