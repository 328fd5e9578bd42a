import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { resetUsers } from '../client/lab-client.ts';
import { test } from '../testing/browser/page-test.ts';
import type { View } from '../testing/browser/view.ts';
import { type BreakableStack, startBreakableStack } from './breakable-stack.ts';
import { leapUntil } from './leap.ts';
import { lossIn } from './picture.ts';
import { stepRaces } from './stepped-race.ts';

let stack: BreakableStack;
beforeAll(async () => {
  stack = await startBreakableStack();
});
beforeEach(() => resetUsers(stack.url, 6));
afterAll(() => stack?.[Symbol.asyncDispose]());

/** Arrived, read, decided, charged or refunded, written, answered: of the pay and of the cancel. */
const stepsOfTheRace = 12;

const errors = (page: Page) => page.locator('.errors');

/** Whatever comes of asking servers that are away is what these tests are about. */
function expectUnanswered({ complaints }: View): void {
  complaints.expect(/Failed to load resource: .*50[0-9]/);
  complaints.expect(/net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION|EMPTY_RESPONSE)/);
}

test('when the instance dies that serves the events, they go on from another one and none is missing', async ({
  visit,
}) => {
  const view = await visit('about:blank', { clock: 'led' });
  const { page } = view;
  expectUnanswered(view);
  const servedBy: string[] = [];
  page.on('response', (response) => {
    if (response.url().includes('/lab/trace')) servedBy.push(response.headers()['x-instance'] ?? '');
  });
  await page.goto(stack.url);
  await page.getByText('2 of 2 instances up').waitFor();
  await expect.poll(() => servedBy).toHaveLength(1);
  const dying = stack.instances.find(({ name }) => name === servedBy[0]);
  const other = stack.instances.find(({ name }) => name !== servedBy[0]);
  if (!dying || !other) throw new Error(`the events come from ${servedBy[0]}`);

  // The run's own requests stay away from the instance that dies: they are to be answered.
  await page.route('**/users/*/{pay,cancel}', (route) =>
    route.continue({ url: route.request().url().replace(stack.url, other.url) }),
  );
  const races = await stepRaces(page, other.url);
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
  const run = page.getByRole('article', { name: /^No guard/ });
  await races.step('A');
  await run.getByText('reads “free”').first().waitFor();
  const isCut = errors(page).getByText('The stream of events is cut. Reconnecting');
  const seen = isCut.waitFor();
  await page.route('**/lab/trace?*', async (route) => {
    await seen; // the browser comes back within half a second
    await route.continue();
  });
  dying.kill('SIGKILL');
  await seen;
  await isCut.waitFor({ state: 'hidden' });
  expect(servedBy.at(-1)).toBe(other.name);
  await races.step('ABBBA');
  await run.getByText('has access and paid nothing').waitFor();
  expect(await lossIn(run).arrows.count()).toBe(1);
  expect(await run.getByRole('option').count()).toBe(stepsOfTheRace);

  await leapUntil(page, errors(page).getByText(`Nothing is heard of ${dying.name}. The others go on.`));
  await dying.start();
  await leapUntil(page, errors(page).getByText('Nothing is heard of'), 'hidden');
  await leapUntil(page, page.getByText('2 of 2 instances up'));
});

test('while Redis and then MySQL is away the page says so in words, and what it means; then it recovers', async ({
  visit,
}) => {
  const view = await visit(stack.url, { clock: 'led' });
  const { page } = view;
  expectUnanswered(view);
  await page.getByText('2 of 2 instances up').waitFor();

  await stack.redis.stop();
  await leapUntil(page, errors(page).getByText('Redis does not answer. Whoever needs its lock is refused'));
  await page.goto(`${stack.url}/?run=pay&modes=redis&think=0`);
  await leapUntil(page, page.getByText(/refused: Redis or MySQL does not answer; nothing was done \(503\)/));
  const locks = page.getByRole('table', { name: 'Locks that are held' });
  await leapUntil(page, locks.getByText('Not known of redis, which does not answer.'));

  stack.mysql.takeAway();
  await leapUntil(page, errors(page).getByText('MySQL does not answer. Every pay and cancel is refused'));

  await stack.redis.start();
  stack.mysql.giveBack();
  // That of the pay. It is all that is left.
  const holes = /^! Some events were gone before they could be fetched: a picture may have holes\.$/;
  await leapUntil(page, errors(page).filter({ hasText: holes }));
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
  await leapUntil(page, errors(page).locator('.error'), 'hidden');
  await leapUntil(page, locks.getByText('None, for the users that are shown.'));
});
