import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { leapUntil } from './driver/leap.ts';
import { lostUpdate, stepRaces } from './driver/stepped-race.ts';
import { test } from './driver/users-test.ts';

/**
 * Runs in the page: the name of the focused element, or null. `focused` keeps every focused element, and whether an outline
 * was visible: its own, or its label's where only the label is visible.
 */
const nameFocused = `(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const isHidden = element.getBoundingClientRect().width < 3 || getComputedStyle(element).opacity === '0';
  const { outlineStyle, outlineWidth } = getComputedStyle(isHidden ? element.nextElementSibling : element);
  (window.focused ??= new Map()).set(element, outlineStyle !== 'none' && outlineWidth !== '0px');
  return element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText;
})()`;

/**
 * Runs in the page: the controls that never had a visible focus. One button of a radio group is enough. The arrow keys go on
 * to what has a negative tabindex.
 */
const listUnreached = `(() => {
  const groups = new Set([...window.focused.keys()].filter(({ type }) => type === 'radio').map(({ name }) => name));
  const usable = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  const isOnTab = ({ tabIndex }) => tabIndex >= 0;
  const ofOthers = (one) => one.type === 'radio' && !window.focused.has(one) && groups.has(one.name);
  const unreached = usable.filter((one) => isOnTab(one) && one.checkVisibility() && !window.focused.get(one) && !ofOthers(one));
  return unreached.map((one) => one.outerHTML);
})()`;

/** Runs in the page. */
const isFocused = (element: unknown) => element === Reflect.get(globalThis, 'document').activeElement;

/** @returns the name of the newly focused element; null after the last one. */
async function tab(page: Page): Promise<string | null> {
  await page.keyboard.press('Tab');
  return (await page.evaluate(nameFocused)) as string | null;
}

/** Presses Tab until an element of that name has the focus. @throws if none does. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let focused = await tab(page); focused !== null; focused = await tab(page)) if (name.test(focused)) return;
  throw new Error(`Tab does not come to ${name}`);
}

test('the keyboard alone runs the race, and reaches the lost update and its steps', async ({ visit }) => {
  const { page } = await visit('/');
  const races = await stepRaces(page);
  const begin = page.getByRole('button', { name: 'Pay and cancel at once', disabled: false });
  await begin.waitFor();
  expect(await tab(page)).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await tabTo(page, /^Pay and cancel at once$/);
  await page.keyboard.press('Enter');
  const run = page.getByRole('article', { name: /^No guard/ });
  await races.step(lostUpdate);
  await run.getByText('has access and paid nothing').waitFor();

  await tabTo(page, /First lost update$/);
  await page.keyboard.press('Enter');
  const current = page.locator('[role=option]:focus');
  const label = () => current.getAttribute('aria-label');
  await expect.poll(label).toMatch(/Lost update/);
  await expect.poll(() => run.locator('.diagram-description').innerText()).toMatch(/Lost update/);
  await page.keyboard.press('Home');
  await expect.poll(label).toMatch(/step 1 of 12/);
  await page.keyboard.press('ArrowRight');
  await expect.poll(label).toMatch(/step 2 of 12/);
  const lit = run.locator('.code-lines [aria-current=step]');
  await expect.poll(() => lit.allInnerTexts()).toEqual([expect.stringMatching(/^A\s+SELECT paid, version/)]);

  await page.getByRole('button', { name: 'Again without a lock', disabled: false }).focus();
  await page.keyboard.press('Enter');
  await run.getByText('has access and paid nothing').waitFor({ state: 'hidden' });
  expect(await page.evaluate(nameFocused)).toBe('Pay and cancel at once');
  await races.step(lostUpdate);
});

test('Tab reaches every control with a visible focus; a question takes the focus once', async ({ visit }) => {
  const { page } = await visit('/?run=steps&modes=none&moves=AA&seed=1', { clock: 'led' });
  await page.getByRole('button', { name: 'Play it', disabled: false }).waitFor();
  await page.getByRole('link', { name: 'Break it' }).waitFor(); // what comes later is behind the focus
  await tabTo(page, /^Play it$/);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Cancel moves', disabled: false }).waitFor();
  await leapUntil(page, page.getByText('Users and requests')); // of the audit, as the pay is held after its charge
  await tabTo(page, /^Choose for yourself$/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Resume both$/);
  for (let back = 0; back < 2; back++) await page.keyboard.press('Shift+Tab'); // to “Cancel moves”
  await page.keyboard.press('Enter');
  const question = page.getByRole('group', { name: /What will it do\?$/ });
  await expect.poll(() => question.evaluate(isFocused)).toBe(true);
  await tabTo(page, /^It is refused at once$/);
  await expect(tabTo(page, /$^/)).rejects.toThrow('Tab does not come to'); // to the end
  expect(await page.evaluate(listUnreached)).toEqual([]);

  const elsewhere = page.getByRole('button', { name: 'Begin again' });
  await elsewhere.focus();
  for (let looks = 0; looks < 2; looks++) {
    const answered = page.waitForResponse(/\/lab\/instances$/); // the page is drawn anew by each
    await page.clock.fastForward(2000);
    await answered;
  }
  expect(await elsewhere.evaluate(isFocused)).toBe(true);
});
