import type { Page } from 'playwright-core';

/** The page's section “You are the scheduler”. */
export function stepper(page: Page) {
  const section = page.getByRole('region', { name: 'You are the scheduler' });
  const moveOf = {
    A: section.getByRole('button', { name: 'Pay moves' }),
    B: section.getByRole('button', { name: 'Cancel moves' }),
  };
  const state = (title: 'Pay' | 'Cancel', words: string | RegExp) =>
    section.locator('.states > div').filter({ hasText: title }).getByText(words).waitFor();
  const press = (name: string) => section.getByRole('button', { name }).click();
  return {
    section,
    verdict: section.getByRole('article').locator('[role=status]'),
    outcome: section.locator('.moved'),
    state,
    press,
    /** The button of an order on the map, such as `AABBBA`. */
    order: (order: string) =>
      section.getByRole('button', {
        name: `${order.replaceAll('A', 'P').replaceAll('B', 'C')}, `,
      }),
    /** Chooses a level by its name. */
    choose: (level: string) => section.getByRole('radio', { name: level }).check(),
    async begin(level: string) {
      await section.getByRole('radio', { name: level }).check();
      await section.getByRole('button', { name: /^Begin/ }).click();
    },
    /** Lets the pay (`A`) or the cancel (`B`) take its next step, without a guess. */
    async move(names: string) {
      for (const name of names as Iterable<'A' | 'B'>) {
        await moveOf[name].and(section.locator('[aria-disabled=false]')).click();
      }
    },
    /** Answers the question before a move. @returns the page's result. */
    async guess(name: 'A' | 'B', choice: string): Promise<string> {
      await moveOf[name].and(section.locator('[aria-disabled=false]')).click();
      await section.getByRole('button', { name: choice }).click();
      const text = section.locator('.guess');
      await text.waitFor();
      return text.innerText();
    },
  };
}
