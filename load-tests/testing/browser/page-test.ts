import { join } from 'node:path';
import { test as base } from 'vitest';
import { testStack } from '../../../app/testing/stack.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { repositoryRoot } from '../../stack/repository.ts';
import { openBrowser } from './chromium.ts';
import { type PatientInstance, startPatientInstance } from './patient-instance.ts';
import { keepScreenshot } from './screenshot.ts';
import { createViewPool, type Look, type View, type ViewPool } from './view.ts';

/** @returns the page of a visitor who has come to `url`: the stack's own where it is only a path. By `about:blank`, he stays nowhere. */
export type Visit = (url: string, look?: Look) => Promise<View>;

/**
 * A test that visits pages in its worker's browser, which starts with the first of them: `test('…', async ({ visit }) => …)`.
 *
 * It fails if any of its pages had something to complain of (see {@link Complaints}), and what the pages of a failed test
 * showed last is kept in `reports/browser/`. The pages then serve the next test, but for those of a failed one.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what it has to make first
  .extend('views', { scope: 'worker' }, async ({}, { onCleanup }): Promise<ViewPool> => {
    const keeper = await startKeeper();
    onCleanup(() => keeper.end());
    return createViewPool(await openBrowser(keeper));
  })
  // biome-ignore lint/correctness/noEmptyPattern: as above
  .extend('patient', { scope: 'worker' }, async ({}, { onCleanup }): Promise<PatientInstance> => {
    const patient = await startPatientInstance();
    onCleanup(() => patient[Symbol.asyncDispose]());
    return patient;
  })
  .extend('visit', async ({ views, task }, { onCleanup }): Promise<Visit> => {
    const taken: { view: View; look: Look | undefined }[] = [];
    onCleanup(async () => {
      const all = taken.map(({ view }) => view);
      const complaints = all.flatMap((view) => view.complaints.all);
      const hasFailed = task.result?.state === 'fail' || complaints.length > 0;
      if (hasFailed && !task.fails) await keepAll(all, task.name);
      for (const { view, look } of taken) {
        if (hasFailed) await view.context.close();
        else await views.giveBack(view, look);
      }
      assertNoComplaints(all);
    });
    return async (url, look) => {
      const view = await views.take(look);
      taken.push({ view, look });
      if (url !== 'about:blank') await view.page.goto(new URL(url, testStack().url).href);
      return view;
    };
  });

/** @throws with what the pages had to complain of. */
export function assertNoComplaints(views: readonly Pick<View, 'complaints'>[]): void {
  const all = views.flatMap(({ complaints }) => complaints.all);
  if (all.length > 0) throw new Error(`The page has complained:\n${all.join('\n')}`);
}

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
