import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { soon, until } from '../../app/testing/until.ts';
import { resetUsers } from '../client/lab-client.ts';
import { askRedis } from '../stack/servers/ask-redis.ts';
import { test } from '../testing/browser/page-test.ts';
import type { View } from '../testing/browser/view.ts';
import { type BreakableStack, startBreakableStack } from './driver/breakable-stack.ts';
import { leapUntil, patientMs } from './driver/leap.ts';
import { lossIn } from './driver/picture.ts';
import { play } from './driver/play.ts';
import { stepRaces } from './driver/stepped-race.ts';

let stack: BreakableStack;
beforeAll(async () => {
  stack = await startBreakableStack();
});
beforeEach(() => resetUsers(stack.url, 6));
afterAll(() => stack?.[Symbol.asyncDispose]());

/** Arrived, read, decided, charged or refunded, written, answered: of the pay and of the cancel. */
const stepsOfTheRace = 12;

const errors = (page: Page) => page.locator('.errors');

/** The errors of requests to stopped servers are expected here. */
function expectUnanswered({ complaints }: View): void {
  complaints.expect(/Failed to load resource: .*50[0-9]/);
  complaints.expect(/net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION|EMPTY_RESPONSE)/);
}

/** Runs in the page: keeps all errors that it shows from now on. */
const recordErrors = `(() => {
  const shown = document.querySelector('.errors');
  window.errorsSeen = new Set([shown.innerText]);
  new MutationObserver(() => window.errorsSeen.add(shown.innerText)).observe(shown, {
    childList: true, subtree: true, characterData: true,
  });
})()`;

/** Has an instance answer the page's pays and cancels. Not by the browser: to it, another port is another origin. */
const sendPaymentsTo = (url: string, page: Page) =>
  page.route('**/users/*/{pay,cancel}', async (route) => {
    const response = await route.fetch({ url: route.request().url().replace(stack.url, url), timeout: 0 });
    await route.fulfill({ response });
  });

/** Makes the last heartbeat of an instance that stands still ten seconds old. */
const ageHeartbeat = (name: string) =>
  askRedis(stack.redis.url, (redis) => redis.pexpire(`lab:instances:${name}`, 50_000));

test('events continue from another instance when theirs dies, without a gap', async ({ visit }) => {
  const view = await visit('about:blank', { clock: 'led' });
  const { page } = view;
  expectUnanswered(view);
  const servedBy: string[] = [];
  page.on('response', (response) => {
    if (response.url().includes('/lab/trace')) servedBy.push(response.headers()['x-instance'] ?? '');
  });
  await page.goto(stack.url);
  await page.getByText('2 of 2 instances up').waitFor();
  await expect.poll(() => servedBy).not.toEqual([]);
  const serving = servedBy.at(-1);
  const dying = stack.instances.find(({ name }) => name === serving);
  const other = stack.instances.find(({ name }) => name !== serving);
  if (!dying || !other) throw new Error(`the events come from ${serving}`);

  // The run's requests go to the instance that stays up: they must be answered.
  await sendPaymentsTo(other.url, page);
  const races = await stepRaces(page, other.url);
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
  const run = page.getByRole('article', { name: /^No guard/ });
  await races.step('A');
  await run.getByText('read v0 (unpaid)').first().waitFor();
  const isCut = errors(page).getByText('The event stream is disconnected. Reconnecting');
  const seen = isCut.waitFor();
  await page.route('**/lab/trace?*', async (route) => {
    await seen; // the browser reconnects within half a second
    await route.continue();
  });
  dying.kill('SIGKILL');
  await seen;
  await isCut.waitFor({ state: 'hidden' });
  expect(servedBy.at(-1)).toBe(other.name);
  await ageHeartbeat(dying.name);
  await races.step('ABBBA');
  await run.getByText('has access and paid nothing').waitFor();
  await expect.poll(() => lossIn(run).arrows.count()).toBe(1);
  await expect.poll(() => run.getByRole('listbox').getByRole('option').count()).toBe(stepsOfTheRace);

  await leapUntil(page, errors(page).getByText(`No heartbeat from ${dying.name}. The other instances continue.`));
  await dying.start();
  await leapUntil(page, errors(page).getByText('No heartbeat from'), { state: 'hidden' });
  await leapUntil(page, page.getByText('2 of 2 instances up'));
});

test('an instance that is frozen is named; requests, events and tables do without it', async ({ visit }) => {
  const { page, complaints } = await visit('about:blank');
  complaints.expect(/net::ERR_/); // what the frozen one was sent is given up
  let streamedBy = '';
  page.on('response', (response) => {
    if (response.url().includes('/lab/trace')) streamedBy = response.headers()['x-instance'] ?? '';
  });
  await page.goto(stack.url);
  await page.getByText('2 of 2 instances up').waitFor();
  await expect.poll(() => streamedBy).not.toBe('');
  const frozen = stack.instances.find(({ name }) => name === streamedBy);
  const other = stack.instances.find(({ name }) => name !== streamedBy);
  if (!frozen || !other) throw new Error(`the events come from ${streamedBy}`);
  await page.evaluate(recordErrors);

  frozen.kill('SIGSTOP');
  await ageHeartbeat(frozen.name);
  try {
    await errors(page).getByText(`No heartbeat from ${frozen.name}. The other instances continue.`).waitFor();
    await page.getByText('1 of 2 instances up').waitFor();
    expect(
      await page
        .getByRole('table', { name: /^Instances/ })
        .getByRole('row')
        .count(),
    ).toBe(3);

    await sendPaymentsTo(other.url, page); // one that the frozen instance has accepted waits for it
    const races = await stepRaces(page, other.url);
    await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
    await races.step('AABBBA');
    const run = page.getByRole('article', { name: /^No guard/ });
    await run.getByText('has access and paid nothing').waitFor();
    await expect.poll(() => run.getByRole('listbox').getByRole('option').count()).toBe(stepsOfTheRace);
    expect(streamedBy).toBe(other.name);
    const seen = await page.evaluate<string[]>('[...window.errorsSeen]');
    expect(seen.filter((text) => text.includes('lab does not answer'))).toEqual([]);
  } finally {
    frozen.kill('SIGCONT');
  }
  await page.getByText('2 of 2 instances up').waitFor();
});

test('tables and jobs whose requests fail say how old they are, and recover', async ({ visit }) => {
  const { page, complaints } = await visit(stack.url, { clock: 'led' });
  complaints.expect(/net::ERR_FAILED/);
  await page.getByText('2 of 2 instances up').waitFor();
  await page.getByRole('button', { name: 'Fresh users', disabled: false }).click();
  const status = page.getByRole('region', { name: 'Lab status' });
  await status.getByRole('table', { name: 'Users of this tab' }).waitFor();
  const jobs = page.getByRole('region', { name: 'Jobs' });
  await jobs.getByRole('article', { name: 'prune' }).waitFor();
  await page.route('**/{lab/instances,users?*,jobs}', (route) => route.abort());
  await leapUntil(page, status.getByText(/^Instances as of \d\d:\d\d:\d\d/));
  await leapUntil(page, status.getByText(/^Users of this tab, as of \d\d:\d\d:\d\d/));
  const oldJobs = jobs.getByText(/^Jobs cannot be read: the lab does not answer\. Shown as of /);
  await leapUntil(page, oldJobs);
  const instances = status.getByRole('table', { name: /^Instances/ });
  expect([await instances.getByRole('row').count(), await status.locator('.users tbody tr').count()]).toEqual([3, 10]);
  await page.unroute('**/{lab/instances,users?*,jobs}');
  await leapUntil(page, status.getByText(/ as of /), { state: 'hidden' });
  await leapUntil(page, oldJobs, { state: 'hidden' });
});

test('reports a Redis and then a MySQL that is down, and recovers', async ({ visit }) => {
  const view = await visit(stack.url, { clock: 'led' });
  const { page } = view;
  expectUnanswered(view);
  await page.getByText('2 of 2 instances up').waitFor();

  await stack.redis.stop();
  await leapUntil(page, errors(page).getByText('Redis does not answer. Requests that need its lock are refused'));
  await page.goto(`${stack.url}/?run=pay&modes=redis&think=0`);
  await play(page);
  await leapUntil(page, page.getByText(/refused: Redis or MySQL does not answer; nothing changed \(503\)/), {
    everyMs: patientMs,
  });
  const locks = page.getByRole('table', { name: 'Held locks' });
  await leapUntil(page, locks.getByText('Unknown on redis: no answer.'));

  stack.mysql.takeAway();
  await leapUntil(page, errors(page).getByText('MySQL does not answer. Every pay and cancel is refused'));

  await stack.redis.start();
  stack.mysql.giveBack();
  // The gap of the pay's events is the only error left.
  const holes = /^! Some events were lost before they could be read: a picture may have gaps\.$/;
  await leapUntil(page, errors(page).filter({ hasText: holes }));
  // The next race has none, unless its stream hears only then that Redis is back.
  const again = page.getByRole('button', { name: 'Again without a lock', disabled: false });
  let shown = '';
  const isWhole = async () => {
    await page
      .getByRole('button', { name: /^(Pay and cancel at once|Again without a lock)$/, disabled: false })
      .click();
    await leapUntil(page, again, { everyMs: patientMs });
    shown = await errors(page).innerText();
    return shown === '';
  };
  const error = (message: string) => new Error(`${message}, but with: ${shown}`);
  await until('a race is shown without an error', isWhole, { ...soon, error });
  await leapUntil(page, locks.getByText('None for the users shown.'));
});
