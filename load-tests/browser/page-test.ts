import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { test as base } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { repositoryRoot } from '../stack/repository.ts';
import { keepScreenshot } from './screenshot.ts';
import { connectToTestBrowser } from './test-browser.ts';
import { type Look, openView, type View } from './view.ts';

/** @returns the page of a visitor who has come to `url`: the stack's own where it is only a path. */
export type Visit = (url: string, look?: Look) => Promise<View>;

/**
 * A test that visits pages in its worker's browser: `test('…', async ({ visit }) => …)`.
 *
 * When it ends its pages are closed. It fails if any of them had something to complain of (see {@link Complaints}), and what
 * the pages of a failed test showed last is kept in `reports/browser/`.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what it has to make first
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }): Promise<Browser> => {
    const browser = await connectToTestBrowser();
    onCleanup(() => browser.close());
    return browser;
  })
  .extend('visit', async ({ browser, task }, { onCleanup }): Promise<Visit> => {
    const views: View[] = [];
    onCleanup(async () => {
      const complaints = views.flatMap((view) => view.complaints.all);
      const hasFailed = task.result?.state === 'fail' || complaints.length > 0;
      if (hasFailed && !task.fails) await keepAll(views, task.name);
      for (const view of views) await view.context.close();
      if (complaints.length > 0) throw new Error(`The page has complained:\n${complaints.join('\n')}`);
    });
    return async (url, look) => {
      const view = await openView(browser, look);
      views.push(view);
      await view.page.goto(new URL(url, testStack().url).href);
      return view;
    };
  });

async function keepAll(views: readonly View[], name: string): Promise<void> {
  for (const [index, { page }] of views.entries()) {
    const file = `${name.replaceAll(/\W+/g, '-').slice(0, 80)}-${index + 1}.webp`;
    const path = join(repositoryRoot, 'reports/browser', file);
    await keepScreenshot(page, path).then(
      () => console.log(`what was to be seen: ${path}`),
      () => {}, // the page may be what has failed
    );
  }
}
