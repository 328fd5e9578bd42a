import type { Page } from 'playwright-core';

/** Resolves when all is there that the page asks for by itself: users, instances, what the audit says, and jobs. */
export async function untilWhole(page: Page): Promise<void> {
  const now = page.getByRole('region', { name: 'The lab now' });
  const parts = [
    now.getByRole('table', { name: 'Users' }),
    now.getByRole('table', { name: /^Instances/ }),
    now.getByText(/the books and the flag/i),
    page.getByRole('region', { name: 'Jobs' }).getByRole('article').first(),
  ];
  for (const part of parts) await part.waitFor();
}
