import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { call } from '../../app/testing/client.ts';
import { testStack } from '../../app/testing/stack.ts';
import { play } from './driver/play.ts';
import { test } from './driver/users-test.ts';
import { untilWhole } from './driver/whole-page.ts';

/** @returns the POSTs of the page from now on, as they are sent. */
function postsOf(page: Page): readonly string[] {
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(new URL(request.url()).pathname);
  });
  return posts;
}

test('an address sends nothing until it is played; a reload and Back show what was played', async ({
  visit,
  users,
}) => {
  const { page } = await visit('about:blank');
  const posts = postsOf(page);
  const card = page.getByRole('region', { name: 'Play it' });
  const user = users[4];
  const search = `?run=race&modes=redis&think=0&user=${user?.id}&seed=1`;
  await page.goto(`${testStack().url}/${search}`);
  await card.getByText(`on user ${user?.id}`).waitFor();
  await untilWhole(page);
  expect(posts).toEqual([]);
  expect((await call(`/users/${user?.id}`)).body).toEqual(user);

  await play(page);
  const run = page.locator('#runs').getByRole('article');
  const isOver = page.locator('.stage').getByText('Save as a page');
  await isOver.waitFor();
  expect(await run.getAttribute('aria-label')).toBe(`The Redis lock, ${user?.name}`);
  expect(new URL(page.url()).search).toBe(search);
  const played = await run.innerText();
  const sent = posts.length;
  await page.reload();
  await isOver.waitFor();
  expect([await run.innerText(), await card.count()]).toEqual([played, 0]);

  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).click();
  await page.getByRole('article', { name: /^No guard/ }).waitFor();
  await isOver.waitFor();
  const after = posts.length;
  expect(after).toBeGreaterThan(sent);
  await page.goBack();
  await page.getByRole('article', { name: /^The Redis lock/ }).waitFor();
  expect([await run.innerText(), new URL(page.url()).searchParams.get('modes')]).toEqual([played, 'redis']);
  await page.goForward();
  await page.getByRole('article', { name: /^No guard/ }).waitFor();
  expect(posts.length).toBe(after);
});
