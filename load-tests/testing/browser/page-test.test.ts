import { afterAll, beforeAll, expect } from 'vitest';
import type { LocalServer } from '../../../app/testing/local-server.ts';
import { findBarriers } from './axe.ts';
import { startFaultySite } from './faulty-site.ts';
import { assertNoComplaints, test } from './page-test.ts';

let site: LocalServer;
beforeAll(async () => {
  site = await startFaultySite();
});
afterAll(() => site[Symbol.asyncDispose]());

test('a page with nothing wrong has no barriers and nothing to complain of', async ({ visit }) => {
  const { page, complaints } = await visit(`${site.url}/good`);
  expect(await findBarriers(page)).toEqual([]);
  expect(complaints.all).toEqual([]);
});

test('describes accessibility violations, found under the policy of the page', async ({ visit }) => {
  const { page } = await visit(`${site.url}/faint`);
  const barriers = await findBarriers(page);
  expect(barriers).toHaveLength(2);
  expect(barriers[0]).toMatch(/^button-name \(critical\): Buttons must have discernible text\n {2}button: <button>/);
  expect(barriers[1]).toMatch(/^color-contrast .*\n {2}p: <p class="faint">[\s\S]*Expected contrast ratio of 4\.5:1/);
  expect(await page.evaluate('typeof axe')).toBe('undefined');
});

test('whatever a page has to complain of is heard, and can be expected', async ({ visit }) => {
  const { page, complaints } = await visit(`${site.url}/good`);
  const heard = [
    ['/inline-script', /^console: .*inline script violates .*Content Security Policy/],
    ['/inline-style', /^console: .*inline style violates .*Content Security Policy/],
    ['/missing-image', /^console: .*404.*nothing-here\.png/],
    ['/complains', /^console: something is wrong/],
    ['/throws', /^exception: Error: on purpose/],
    ['/unreachable', /^request: net::ERR_EMPTY_RESPONSE .*broken-off/],
  ] as const;
  for (const [path, words] of heard) {
    await page.goto(`${site.url}${path}`);
    await expect.poll(() => complaints.all).toContainEqual(expect.stringMatching(words));
  }
  complaints.expect(/./);
  expect(complaints.all).toEqual([]);
});

test('an unexpected error of a page is a failure', async ({ visit }) => {
  const view = await visit(`${site.url}/throws`);
  await expect.poll(() => view.complaints.all).not.toEqual([]);
  expect(() => assertNoComplaints([view])).toThrow(/^The page has complained:\n.*on purpose/s);
  view.complaints.expect(/./);
  assertNoComplaints([view]);
});

test.fails('a test fails when its page has one', async ({ visit }) => {
  await visit(`${site.url}/throws`);
});

test('a visitor comes by phone, in the dark, and with less motion, as the test says', async ({ visit }) => {
  const { page } = await visit(`${site.url}/good`, { on: 'phone', theme: 'dark', motion: 'reduce' });
  const asks = (query: string) => page.evaluate(`matchMedia('${query}').matches`);
  expect(await asks('(width: 360px) and (pointer: coarse)')).toBe(true);
  expect(await asks('(prefers-color-scheme: dark) and (prefers-reduced-motion: reduce)')).toBe(true);
  const other = await visit(`${site.url}/good`);
  expect(await other.page.evaluate('[innerWidth, innerHeight]')).toEqual([1280, 800]);
  expect(await other.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(false);
});
