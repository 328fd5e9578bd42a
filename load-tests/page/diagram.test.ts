import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { test } from '../testing/browser/page-test.ts';
import { type DiagramSite, startDiagramSite } from './diagram-site.ts';

let site: DiagramSite;
beforeAll(async () => {
  site = await startDiagramSite();
});
afterAll(() => site[Symbol.asyncDispose]());

const at: DiagramSite['at'] = (...args) => site.at(...args);
const description = (page: Page) => page.locator('.diagram-description').innerText();
/** The name of the selected step. */
const picked = (page: Page) =>
  page.locator('[role=option][aria-selected=true]').evaluateAll((all) => all.map((one) => one.ariaLabel));
const focused = (page: Page) => page.evaluate("document.activeElement.getAttribute('aria-label')");
const scrolled = (page: Page) => page.locator('.diagram-box').evaluate((box) => box.scrollLeft);
const widthOf = async (page: Page) => Number(await page.locator('.diagram-picture').getAttribute('width'));

describe.each(['time', 'order'] as const)('on the scale of %s', (scale) => {
  test('the race in none ends with an arrow and its label', async ({ visit }) => {
    const { page } = await visit(at('raceInNone', scale));
    expect(await page.locator('.diagram-picture .arrow').count()).toBe(1);
    expect(await page.locator('.diagram-picture .verdict').textContent()).toBe(
      '✕ wrote v5 (paid), decided on v3: v4 (unpaid) is lost',
    );
    expect(await page.getByRole('option', { name: /Lost update, user 7: A \(pay\) wrote v5/ }).count()).toBe(1);
  });
});

test('arrow keys move between steps, describe each and select one', async ({ visit }) => {
  const { page } = await visit(at('raceInNone'));
  expect(await page.locator('[role=option][tabindex="0"]').count()).toBe(1);
  await page.locator('[role=option][tabindex="0"]').focus();
  expect(await focused(page)).toMatch(/step 1 of 12, .* arrived/);
  for (const [key, step] of [
    ['ArrowRight', 2],
    ['ArrowDown', 3],
    ['ArrowLeft', 2],
    ['End', 12],
    ['ArrowRight', 12],
    ['Home', 1],
    ['ArrowUp', 1],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => focused(page), { message: key }).toContain(`step ${step} of 12`);
    expect(await page.locator('[role=option][tabindex="0"]').count()).toBe(1);
    expect(await description(page)).toContain(`step ${step} of 12`);
  }
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect.poll(() => picked(page)).toEqual([expect.stringMatching(/step 2 of 12, .* read v3/)]);
});

test('describes the step under the pointer; a click selects it', async ({ visit }) => {
  const { page } = await visit(at('raceInNone'));
  expect(await description(page)).toMatch(/^2 requests, 12 steps, 1 lost update\./);
  await page.getByRole('option', { name: /B .* got the refund of charge 61/ }).hover();
  await expect.poll(() => description(page)).toContain('got the refund of charge 61 confirmed');
  await page.mouse.move(0, 0);
  await expect.poll(() => description(page)).toMatch(/^2 requests/);
  await page.locator('.diagram-picture .verdict').click();
  await expect.poll(() => picked(page)).toEqual([expect.stringMatching(/Lost update, user 7: A \(pay\)/)]);
});

test('buttons, keys and the wheel zoom; the step in the middle stays there', async ({ visit }) => {
  const { page } = await visit(at('eightInARow', 'time'));
  const first = await widthOf(page);
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await expect.poll(() => widthOf(page)).toBeGreaterThan(first * 1.3);
  await page.getByRole('button', { name: 'Reset' }).click();
  await expect.poll(() => widthOf(page)).toBe(first);
  const option = page.locator('[role=option][data-step="30"]');
  await option.focus();
  const left = async () => (await option.boundingBox())?.x ?? Number.NaN;
  const box = await option.boundingBox();
  await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0), (box?.y ?? 0) + 5);
  const before = (await left()) + (box?.width ?? 0);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -300);
  await page.keyboard.up('Control');
  await expect.poll(() => widthOf(page)).toBeGreaterThan(first * 2);
  const after = (await left()) + ((await option.boundingBox())?.width ?? 0);
  expect(Math.abs(after - before)).toBeLessThan(40);
  await page.keyboard.press('0');
  await expect.poll(() => widthOf(page)).toBe(first);
  await page.keyboard.press('+');
  await expect.poll(() => widthOf(page)).toBeGreaterThan(first * 1.3);
});

test('a drag, the buttons and Shift with an arrow key pan; a drag selects nothing', async ({ visit }) => {
  const { page } = await visit(at('eightInARow'), { motion: 'reduce' });
  expect(await scrolled(page)).toBe(0);
  const box = await page.locator('.diagram-steps').boundingBox();
  const [x, y] = [(box?.x ?? 0) + 700, (box?.y ?? 0) + 60];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 200, y, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => scrolled(page)).toBe(200);
  expect(await picked(page)).toEqual([]);
  await page.getByRole('button', { name: 'Pan left' }).click();
  await expect.poll(() => scrolled(page)).toBe(0);
  await page.locator('[role=option]').first().focus();
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => scrolled(page)).toBeGreaterThan(500);
});

test('on a phone the picture scrolls, not the page; its lane titles stay', async ({ visit }) => {
  const { page } = await visit(at('raceInNone'), { on: 'phone', motion: 'reduce' });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await page.getByRole('button', { name: 'Jump to the first lost update' }).click();
  await expect.poll(() => focused(page)).toMatch(/Lost update, user 7/);
  await expect.poll(() => scrolled(page)).toBeGreaterThan(100);
  const titles = await page.locator('.diagram-titles').boundingBox();
  const frame = await page.locator('.diagram-box').boundingBox();
  expect(Math.abs((titles?.x ?? 99) - (frame?.x ?? 0))).toBeLessThan(2);
  const write = await page.locator('[role=option].stale').boundingBox();
  expect((write?.x ?? 0) >= (titles?.x ?? 0) + (titles?.width ?? 0)).toBe(true);
  expect((write?.x ?? 999) + (write?.width ?? 0)).toBeLessThanOrEqual(360);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
});

test('the table has a row for each step, and describes the lost update', async ({ visit }) => {
  const { page } = await visit(at('raceInNone'));
  expect(await page.locator('.diagram-table tbody tr').count()).toBe(12);
  expect(await page.locator('.diagram-table strong').innerText()).toMatch(/^✕ Lost update, user 7: A \(pay\)/);
});
