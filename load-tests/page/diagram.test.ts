import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { findBarriers } from '../testing/browser/axe.ts';
import { test } from '../testing/browser/page-test.ts';
import { type DiagramSite, startDiagramSite } from './driver/diagram-site.ts';
import { findFaintMarks } from './driver/faint-marks.ts';

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

test.for(['time', 'order'] as const)(
  'on the scale of %s, picture and table show the lost update',
  async (scale, { visit }) => {
    const { page } = await visit(at('raceInNone', scale));
    expect(await page.locator('.diagram-picture .arrow').count()).toBe(1);
    expect(await page.locator('.diagram-picture .verdict').textContent()).toBe(
      '✕ wrote v5 (paid), decided on v3: v4 (unpaid) is lost',
    );
    expect(await page.getByRole('option', { name: /Lost update, user 7: A \(pay\) wrote v5/ }).count()).toBe(1);
    expect(await page.locator('.diagram-table tbody tr').count()).toBe(12);
    expect(await page.locator('.diagram-table strong').innerText()).toMatch(/^✕ Lost update, user 7: A \(pay\)/);
  },
);

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

test('on a phone the picture shows the lost update, and scrolls; the page does not', async ({ visit }) => {
  const { page } = await visit(at('raceInNone', 'time'), { on: 'phone', motion: 'reduce' });
  for (const sign of ['.version.lost', '.verdict', '[role=option].stale']) {
    const [seen, box] = await Promise.all([
      page.locator(sign).boundingBox(),
      page.locator('.diagram-box').boundingBox(),
    ]);
    expect((seen?.x ?? 0) >= (box?.x ?? 99), sign).toBe(true);
    expect((seen?.x ?? 999) + (seen?.width ?? 0), sign).toBeLessThanOrEqual((box?.x ?? 0) + (box?.width ?? 0));
  }
  await page.goto(at('raceInNone', 'time', 'raceInRedis'));
  const [label, names] = await Promise.all([
    page.locator('.verdict').boundingBox(),
    page.locator('.diagram-titles').first().boundingBox(),
  ]);
  expect(label?.x ?? 0).toBeGreaterThanOrEqual((names?.x ?? 99) + (names?.width ?? 999));
  await page.goto(at('raceInNone'));
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await page.getByRole('button', { name: 'First lost update' }).click();
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

test('the first lost update stays in sight while later steps move it', async ({ visit }) => {
  const { page } = await visit(`${at('payStorm', 'time')}&grows=`, { on: 'phone', motion: 'reduce' });
  await expect.poll(() => page.getByRole('option').count()).toBe(30);
  const write = await page.locator('[role=option].stale').first().boundingBox();
  expect(write?.x).toBeGreaterThan(92);
  expect((write?.x ?? 999) + (write?.width ?? 0)).toBeLessThanOrEqual(360);
});

/** Runs in the page: counts what changes in the picture from now on, its frames and curtain aside. */
const watchPicture = `(() => {
  window.changes = 0;
  const observer = new MutationObserver((all) => { window.changes += all.length; });
  for (const picture of document.querySelectorAll('.diagram-picture'))
    observer.observe(picture, { subtree: true, childList: true, attributes: true });
})()`;

test('pointing and the replay mark a step, move nothing and draw nothing again', async ({ visit }) => {
  const { page } = await visit(at('payStorm', 'time'));
  const top = () => page.evaluate("document.querySelector('.diagram-legend').getBoundingClientRect().top + scrollY");
  const frame = page.locator('.diagram-overlay .pointed');
  const before = await top();
  await page.evaluate(watchPicture);
  for (const step of ['A', 'B', 'E'].map((name) =>
    page.getByRole('option', { name: new RegExp(`^${name} .*charge`) }),
  )) {
    await step.hover();
    const [framed, marked] = await Promise.all([frame.boundingBox(), step.boundingBox()]);
    expect(Math.abs((framed?.x ?? 0) - (marked?.x ?? 99))).toBeLessThan(8);
    expect(await top()).toBe(before);
  }
  await page.mouse.move(0, 0);
  const curtain = page.locator('.diagram-overlay .curtain');
  expect(await curtain.count()).toBe(0);
  const slider = page.getByRole('slider', { name: 'Time of the replay' });
  const label = page.locator('.diagram-picture .verdict').first();
  const ofVersion = page.locator('.diagram-picture .loss').first();
  expect([await label.isVisible(), await ofVersion.isVisible()]).toEqual([true, true]);
  await slider.fill('500');
  expect(await slider.getAttribute('aria-valuetext')).toBe('36 ms');
  await expect.poll(() => label.isVisible(), { message: 'no update is lost before it is' }).toBe(false);
  expect(await ofVersion.isVisible()).toBe(false);
  await expect.poll(() => description(page)).toMatch(/^A, step 16 of 30, at 31 ms/);
  await slider.press('ArrowLeft');
  await expect.poll(() => curtain.count()).toBe(1);
  expect(await top()).toBe(before);
  await slider.press('End');
  await expect.poll(() => curtain.count()).toBe(0);
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect.poll(() => description(page)).toMatch(/^5 requests/); // it has ended
  expect(await page.evaluate('window.changes')).toBe(0);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await page.getByRole('button', { name: 'Replay' }).isVisible()).toBe(false);
  expect(await slider.isVisible()).toBe(true);
});

test('a row of the table and its step mark each other; a zoom keeps the step in view', async ({ visit }) => {
  const { page } = await visit(at('payStorm', 'time'), { motion: 'reduce' });
  const row = page.locator('tr[data-event]').nth(28);
  await row.hover();
  await expect.poll(() => description(page)).toMatch(/^E, step 29 of 30/);
  await row.click();
  await expect.poll(() => picked(page)).toEqual([expect.stringMatching(/^E .*step 29 of 30/)]);
  expect(await row.getAttribute('class')).toMatch(/picked/);
  const step = page.locator('[role=option][aria-selected=true]');
  for (const name of ['Zoom in', 'Zoom in', 'Zoom in', 'Reset', 'Zoom out']) {
    const before = await widthOf(page);
    await page.getByRole('button', { name }).click();
    await expect.poll(() => widthOf(page)).not.toBe(before);
    const [seen, box] = await Promise.all([step.boundingBox(), page.locator('.diagram-box').boundingBox()]);
    expect((seen?.x ?? 0) >= (box?.x ?? 99), name).toBe(true);
    expect((seen?.x ?? 9999) + (seen?.width ?? 0), name).toBeLessThanOrEqual((box?.x ?? 0) + (box?.width ?? 0));
  }
  await page.mouse.move(0, 0);
  await page.locator('.row-link[tabindex="0"]').focus();
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => description(page)).toContain('step 28 of 30');
  await page.keyboard.press('Enter');
  await expect.poll(() => picked(page)).toEqual([expect.stringContaining('step 28 of 30')]);
  await page.locator('[role=option][tabindex="0"]').focus();
  await expect.poll(() => page.locator('tr.pointed td').first().innerText()).toContain('28');
});

test('the picture is saved whole as SVG and PNG, in the colours of the theme', async ({ visit }) => {
  const { page } = await visit(at('raceInNone', 'time', 'raceInRedis'), { theme: 'dark' });
  const save = async (format: 'SVG' | 'PNG') => {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: `Save ${format}` }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe(`two-runs.${format.toLowerCase()}`);
    return readFile(await saved.path());
  };
  const svg = (await save('SVG')).toString();
  expect(svg).not.toMatch(/class=|data-|aria-|var\(|color\(/);
  expect(svg).toMatch(/<text [^>]*>✕ wrote v5 \(paid\), decided on v3: v4 \(unpaid\) is lost</);
  expect(svg).toContain('>raceInRedis</text>');
  expect(svg).toContain('<rect width="100%" height="100%" fill="rgb(19, 20, 23)"/>');
  const [, width, height] = /^<svg [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  const png = await save('PNG');
  const pixels = [png.readUInt32BE(16), png.readUInt32BE(20)];
  expect(pixels).toEqual([Math.floor(Number(width) * 2), Math.floor(Number(height) * 2)]);
});

test('on paper the picture is as wide as the page; on a wide screen its type grows', async ({ visit }) => {
  const { page } = await visit(at('payStorm'));
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: 680, height: 900 });
  const printed = await page.locator('.diagram-run').boundingBox();
  expect((printed?.x ?? 0) + (printed?.width ?? 999)).toBeLessThanOrEqual(680);
  const boxOf = (part: string) => page.locator(part).boundingBox();
  const picture = await boxOf('.diagram-picture');
  expect((picture?.x ?? 0) + (picture?.width ?? 999)).toBeLessThanOrEqual(680);
  // It is laid out anew a frame after the page has changed its size.
  const difference = async () => {
    const [titles, drawn] = await Promise.all(['.diagram-titles', '.diagram-picture'].map(boxOf));
    return Math.abs((titles?.height ?? 0) - (drawn?.height ?? 99));
  };
  await expect.poll(difference).toBeLessThan(2);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(680);
  await page.emulateMedia({ media: 'screen' });
  const title = page.locator('.diagram-titles .title').first();
  const size = async () => (await title.boundingBox())?.height ?? 0;
  await page.setViewportSize({ width: 1200, height: 1080 });
  await expect.poll(() => page.locator('.diagram-titles').getAttribute('width')).toBe('92');
  const usual = await size();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await expect.poll(size).toBeGreaterThan(usual * 1.3);
});

test.for([
  ['desktop', 'light'],
  ['phone', 'dark'],
] as const)('has no accessibility violations, faint marks or small targets: %s, %s', async ([on, theme], { visit }) => {
  const { page } = await visit(at('outrunInFenced', 'order', 'raceInNone'), { on, theme });
  for (const scale of ['order', 'time'] as const) {
    if (scale === 'time') await page.goto(at('waitsInVain', scale, 'payStorm'));
    expect(await findBarriers(page), scale).toEqual([]);
    expect(await page.evaluate(findFaintMarks), scale).toEqual([]);
    const small = await page
      .locator('[role=option], .diagram button')
      .evaluateAll((found) =>
        found.map((each) => each.getBoundingClientRect()).filter(({ width, height }) => width < 23.9 || height < 23.9),
      );
    expect(small, scale).toEqual([]);
    expect(await page.locator('[style]').count(), scale).toBe(0);
  }
});
