import type { Page } from 'playwright-core';

/** Resolves once the page shows what it fetches when loaded: users, instances, the audit and jobs. */
export async function untilWhole(page: Page): Promise<void> {
  const now = page.getByRole('region', { name: 'Lab status' });
  const parts = [
    now.getByRole('table', { name: 'Users' }),
    now.getByRole('table', { name: /^Instances/ }),
    now.getByText(/access and payments/i),
    page.getByRole('region', { name: 'Jobs' }).getByRole('article').first(),
  ];
  for (const part of parts) await part.waitFor();
}
