import type { Page } from 'playwright-core';

/** The page's section “Step by step”. */
export function stepper(page: Page) {
  const section = page.getByRole('region', { name: 'Step by step' });
  const next = section.getByRole('button', { name: /^Next/ });
  const state = (title: 'Pay' | 'Cancel', words: string | RegExp) =>
    section.locator('.states > div').filter({ hasText: title }).getByText(words).waitFor();
  return {
    section,
    verdict: section.getByRole('article').locator('[role=status]'),
    state,
    async begin(mode: string) {
      await section.getByLabel('Guarded by').selectOption(mode);
      await section.getByRole('button', { name: /^Begin/ }).click();
    },
    next: () => next.click(),
    /** Answers the question before the next step. @returns the page's result. */
    async guess(choice: string): Promise<string> {
      await next.click();
      await section.getByRole('button', { name: choice }).click();
      const text = section.locator('.guess');
      await text.waitFor();
      return text.innerText();
    },
    press: (name: string) => section.getByRole('button', { name }).click(),
  };
}
