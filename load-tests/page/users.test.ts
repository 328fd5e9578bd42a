import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { play } from './driver/play.ts';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';
import { test } from './driver/users-test.ts';

/** @returns the users that a page pays and cancels for, from now on. */
function usersOf(page: Page): ReadonlySet<string> {
  const users = new Set<string>();
  page.on('request', (request) => {
    const id = /\/users\/(\d+)\/(pay|cancel)$/.exec(request.url())?.[1];
    if (id) users.add(id);
  });
  return users;
}

test('each tab has users of its own, repairs them, and makes more', async ({ visit }) => {
  const [{ page: storm }, { page: race }] = [await visit('about:blank'), await visit('about:blank')];
  const [inStorm, inRace] = [usersOf(storm), usersOf(race)];
  await storm.goto(`${testStack().url}/?run=storm&modes=none&think=0&seed=1`);
  await race.goto(`${testStack().url}/?run=race&modes=none&think=0&seed=1`);
  const races = await stepRaces(race);
  await play(storm);
  await play(race);
  await races.step(lostUpdate);
  await race.locator('.stage').getByText('has access and paid nothing').waitFor();
  await storm.locator('.stage').getByText('Save as a page').waitFor();
  expect([inStorm.size, inRace.size, [...inStorm].some((id) => inRace.has(id))]).toEqual([1, 1, false]);

  const now = race.getByRole('region', { name: 'Lab status' });
  const wrong = now.locator('.users tbody .wrong');
  await now.getByRole('table', { name: 'Users of this tab' }).waitFor();
  await expect.poll(() => wrong.count()).toBe(1);
  await now.getByRole('button', { name: 'Repair 1 user' }).click();
  await now.getByText(/\(\d+\): a cancel removed the access\.$/).waitFor();
  await expect.poll(() => wrong.count()).toBe(0);
  expect(inRace.size).toBe(1);
  await now.getByRole('button', { name: 'Fresh users' }).click();
  await now.getByText('10 fresh users were added.').waitFor();
  await now.getByText('and 8 more').waitFor();
});
