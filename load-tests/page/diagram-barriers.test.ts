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

test.for([
  ['desktop', 'light'],
  ['phone', 'dark'],
] as const)('has no accessibility violations, faint marks or small targets: %s, %s', async ([on, theme], { visit }) => {
  const { page } = await visit(site.at('raceInNone'), { on, theme });
  for (const [situation, scale] of [
    ['raceInNone', 'order'],
    ['payStorm', 'time'],
    ['outrunInFenced', 'order'],
    ['waitsInVain', 'time'],
  ] as const) {
    await page.goto(site.at(situation, scale));
    expect(await findBarriers(page), situation).toEqual([]);
    expect(await page.evaluate(findFaintMarks), situation).toEqual([]);
    const small = await page
      .locator('[role=option], .diagram button')
      .evaluateAll((found) =>
        found.map((each) => each.getBoundingClientRect()).filter(({ width, height }) => width < 23.9 || height < 23.9),
      );
    expect(small, situation).toEqual([]);
    expect(await page.locator('[style]').count(), situation).toBe(0);
  }
});
