import { beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { resetUsers } from '../client/lab-client.ts';
import { test } from '../testing/browser/page-test.ts';
import { lossIn } from './picture.ts';
import { stepper } from './stepper.ts';

beforeEach(() => resetUsers(testStack().url, 10));

test('steps through the race with questions, undo and the lost update at its end', async ({ visit }) => {
  const { page } = await visit('/');
  const steps = stepper(page);
  await steps.begin('none');
  await steps.state('Pay', 'not sent yet');
  await steps.next();
  await steps.state('Pay', 'about to charge 49.00');
  await steps.next();
  await steps.state('Pay', 'about to write paid, decided on v0');
  expect(await steps.guess('It reads the user at once')).toMatch(/^✓ Right\./);
  await steps.state('Cancel', /about to refund/);
  await steps.next();
  await steps.state('Cancel', 'about to write unpaid, decided on v0');

  await steps.press('Undo');
  await steps.state('Cancel', /about to refund/);
  expect(new URL(page.url()).searchParams.get('moves')).toBe('AAB');
  await steps.next();
  await steps.next();
  await steps.state('Cancel', 'done');
  expect(await steps.guess('The database refuses its write')).toMatch(/^✕ Wrong\. It overwrites/);
  await steps.verdict.getByText(/has access and paid nothing/).waitFor();
  await expect.poll(() => lossIn(steps.section).arrows.count()).toBe(1);
  expect(new URL(page.url()).searchParams.get('moves')).toBe('AABBBA');
});

test('the lock blocks the cancel until the pay is done; both resume', async ({ visit, patient }) => {
  const { page } = await visit(patient.url);
  const steps = stepper(page);
  await steps.begin('redis');
  await steps.next();
  await steps.next();
  await steps.state('Pay', /about to write paid/);
  await page.getByRole('row', { name: /^PAYMENT_\d+_4900 on redis pay on patient / }).waitFor();
  expect(await steps.guess('It waits until the pay is done')).toMatch(/^✓ Right\./);
  await steps.state('Cancel', 'blocked: waiting for the lock');
  expect(await steps.guess('It is admitted, and only then reads')).toMatch(/^✓ Right\./);
  await steps.state('Pay', 'done');
  await steps.state('Cancel', /^about to/);
  await steps.press('Resume both');
  await steps.verdict.getByText('No update was lost').waitFor();
  expect(await lossIn(steps.section).arrows.count()).toBe(0);
});
