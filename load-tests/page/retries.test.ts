import { beforeEach, expect } from 'vitest';
import { sendPayment } from '../../app/testing/client.ts';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { test } from '../testing/browser/page-test.ts';

let userId = 0;
beforeEach(async () => {
  const [user] = await resetUsers(testStack().url, 10);
  userId = user?.id ?? 0;
});

test('says what a lock and a key do, and that a retry was charged again', async ({ visit }) => {
  for (const command of ['pay', 'cancel', 'pay'] as const) {
    const headers = { 'x-lab-intent': `the-${command}` };
    expect((await sendPayment(command, userId, { headers })).status).toBe(200);
  }
  const { page } = await visit('/');
  const lesson = page.getByRole('region', { name: 'When the client retries' });
  expect(await lesson.getByRole('cell').allInnerTexts()).toEqual([
    '',
    expect.stringMatching(/^✕ lost update, charged again/),
    expect.stringMatching(/^✕ lost update/),
    expect.stringMatching(/^✕ charged again/),
    expect.stringMatching(/^✓ held/),
  ]);
  const now = page.getByRole('region', { name: 'Lab status' });
  await now.getByText('The ledger has 1 payment that a retry has charged again.').waitFor();
  await now.getByText('✓ Access and payments match').waitFor(); // no other witness sees it
});
