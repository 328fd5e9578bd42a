import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { sendPayment, stepped } from '../../app/testing/client.ts';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { listSession, resume } from '../client/stepped-requests.ts';
import { leapUntil } from './driver/leap.ts';
import { isRed, lossIn } from './driver/picture.ts';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';
import { test } from './driver/users-test.ts';

const verdictOf = (run: Locator) => run.locator('[role=status]');

test('shows the lost update of none as text, as a red arrow and in the table', async ({ visit, patient }) => {
  const { page } = await visit(patient.url);
  const races = await stepRaces(page);
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
  const run = page.getByRole('article', { name: /^No guard/ });
  await races.step(lostUpdate);
  const verdict = verdictOf(run);
  await verdict.getByText('has access and paid nothing').waitFor();
  // The trace may be behind the answers.
  await verdict.getByText(/The pay wrote v2 \(paid\), decided on v0: v1 \(unpaid\) is lost\./).waitFor();

  const { labels, arrows } = lossIn(run);
  await labels.first().waitFor();
  expect(await labels.innerHTML()).toBe('✕ wrote v2 (paid), decided on v0: v1 (unpaid) is lost');
  expect([await arrows.isVisible(), await isRed(arrows)]).toEqual([true, true]);
  const staleWrite = run.getByRole('option', { name: /Lost update/ });
  expect(await staleWrite.getAttribute('aria-label')).toMatch(/v1 \(unpaid\) by/);
  await run.getByText('All steps as a table').click();
  await expect.poll(() => run.getByRole('row', { name: /✕ Lost update/ }).count()).toBe(1);

  await page.getByRole('button', { name: 'Now with the Redis lock' }).click();
  const guarded = page.getByRole('article', { name: /^The Redis lock/ });
  await races.step('AAABBB', 'redis');
  await verdictOf(guarded).getByText('No update was lost').waitFor();
  await verdict.getByText('has access and paid nothing').waitFor();
  const [left, right] = [await verdict.boundingBox(), await verdictOf(guarded).boundingBox()];
  if (!left || !right) throw new Error('a verdict cannot be seen');
  expect(left.x + left.width, 'side by side').toBeLessThanOrEqual(right.x);
  expect(Math.abs(left.y - right.y)).toBeLessThan(left.height);

  const pictures = page.locator('.diagram-run');
  const [without, withLock] = [lossIn(pictures.first()), lossIn(pictures.last())];
  expect([await without.arrows.count(), await without.labels.count()]).toEqual([1, 1]);
  expect([await withLock.arrows.count(), await withLock.labels.count()]).toEqual([0, 0]);
  const axes = await pictures.evaluateAll((both) => both.map((one) => one.querySelector('.axis')?.textContent));
  expect(axes, 'one axis').toEqual([axes[0], axes[0]]);
  const second = await pictures.last().boundingBox();
  expect(second?.y, 'the second one begins in view, below both verdicts').toBeLessThan(730);
  await pictures.first().scrollIntoViewIfNeeded();
  const height = await page.locator('.diagram-box').evaluate((box) => box.clientHeight);
  expect(height, 'both in view').toBeLessThan(800);
});

test('in redis, as the form has it, the second request is blocked, and no update is lost', async ({
  visit,
  patient,
}) => {
  const { page } = await visit(patient.url);
  const races = await stepRaces(page);
  await page.getByText('Choose for yourself').click();
  const form = page.locator('form');
  await form.getByLabel('Guarded by').selectOption('redis');
  await form.getByLabel('Payment processor takes').selectOption('3000');
  await form.getByRole('button', { name: 'Run it' }).click();

  const run = page.getByRole('article', { name: /^The Redis lock/ });
  const verdict = verdictOf(run);
  await races.step('AA', 'redis');
  await verdict.getByText('The cancel is blocked').waitFor();
  await races.step('ABBB', 'redis');
  await verdict.getByText('No update was lost').waitFor();
  expect(await verdict.innerText()).toMatch(/The cancel was blocked for \d+ ms, then read the latest version/);
  expect(
    await run
      .getByRole('listitem')
      .filter({ hasText: /cancel: acquired lock \S+ after \d/ })
      .count(),
  ).toBe(1);
  expect(await lossIn(run).arrows.count()).toBe(0);
  expect(new URL(page.url()).search).toMatch(/^\?run=race&modes=redis&think=3000&seed=\d+$/);
});

test('shows the holder of a lock, whichever client asked for it', async ({ visit, users }) => {
  const id = users[0]?.id ?? 0;
  const { page } = await visit('/', { clock: 'led' });
  const locks = page.getByRole('table', { name: 'Held locks' });
  const none = locks.getByText('None for the users shown.');
  await leapUntil(page, none);
  const session = `lock-of-${id}`;
  const paid = sendPayment('pay', id, { headers: { 'x-lock-mode': 'redis', ...stepped(session, 'held') } });
  await leapUntil(page, locks.getByText(`PAYMENT_${id}_4900`));
  expect(await locks.getByText('not in this trace').count()).toBe(1);
  const isHeld = async () =>
    (await listSession(testStack().url, session)).some(({ heldBefore }) => heldBefore !== null);
  await until('the pay is held', isHeld, soon);
  await resume(testStack().url, session);
  expect((await paid).status).toBe(200);
  await leapUntil(page, none);
});
