import { beforeAll, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../workload/lab-client.ts';
import { test } from './page-test.ts';

beforeAll(() => resetUsers(testStack().url, 10));

/** Over the wire, gzipped by nginx and with all headers. */
const mostBytes = 100_000;

test('the first view takes less than 100 kB over the wire', async ({ visit }) => {
  const { page, context } = await visit('about:blank');
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const received: number[] = [];
  session.on('Network.loadingFinished', ({ encodedDataLength }) => received.push(encodedDataLength));
  await page.goto(testStack().url);
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).waitFor();
  const interactiveMs = (await page.evaluate('performance.now()')) as number;
  await page.getByRole('row', { name: 'in order' }).first().waitFor(); // the users, the last to be asked for
  await expect.poll(() => received.length).toBeGreaterThanOrEqual(5); // page, script, styles, instances, users

  const bytes = received.reduce((sum, size) => sum + size, 0);
  console.log(
    `first view: ${(bytes / 1000).toFixed(1)} kB in ${received.length} answers, interactive after ${interactiveMs.toFixed(0)} ms`,
  );
  expect(bytes).toBeLessThan(mostBytes);
});

test('nothing moves where the system asks for less motion', async ({ visit }) => {
  const { page } = await visit('/?run=steps&modes=none&moves=AABBBA&seed=1', { motion: 'reduce' });
  const countMoving = () => page.evaluate('document.getAnimations().length') as Promise<number>;
  await page.getByText('Held', { exact: true }).waitFor();
  const moving = [await countMoving()];
  await page
    .getByText(/has access and paid nothing/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Jump to the first lost update' }).click();
  moving.push(await countMoving());
  expect(moving).toEqual([0, 0]);
  expect(await page.evaluate('getComputedStyle(document.documentElement).scrollBehavior')).toBe('auto');
});
