import { expect } from 'vitest';
import { lossIn } from './driver/picture.ts';
import { lostUpdate } from './driver/stepped-race.ts';
import { stepper } from './driver/stepper.ts';
import { test } from './driver/users-test.ts';

test('steps through the race with questions, undo and the lost update at its end', async ({ visit }) => {
  const { page } = await visit('/');
  const steps = stepper(page);
  await steps.begin('No guard');
  await steps.state('Pay', 'not sent yet');
  await steps.move('A');
  await steps.state('Pay', 'about to charge 49.00');
  await steps.move('A');
  await steps.state('Pay', 'about to write paid, decided on v0');
  const moves = steps.section.getByRole('button', { name: /moves$/ });
  const places = () => Promise.all([moves.first().boundingBox(), moves.last().boundingBox()]);
  const before = await places();
  await steps.move('B');
  await steps.section.getByRole('group', { name: /What will it do\?$/ }).waitFor();
  expect(await places()).toEqual(before); // a question does not move them
  const picture = await steps.section.locator('.picture').boundingBox();
  expect((picture?.y ?? -1) >= 0 && (picture?.y ?? 0) + (picture?.height ?? 0) <= 800, JSON.stringify(picture)).toBe(
    true,
  );
  await steps.press('It reads the user at once');
  await steps.section.getByText(/✓ Right\./).waitFor();
  await steps.state('Cancel', /about to refund/);
  await steps.move('B');
  await steps.state('Cancel', 'about to write unpaid, decided on v0');

  await steps.press('Undo');
  await steps.state('Cancel', /about to refund/);
  await expect.poll(() => new URL(page.url()).searchParams.get('moves')).toBe('AAB');
  await steps.move('BB');
  await steps.state('Cancel', 'done');
  expect(await steps.guess('A', 'The database refuses its write')).toMatch(/^✕ Wrong\. It overwrites/);
  await steps.verdict.getByText(/has access and paid nothing/).waitFor();
  await expect.poll(() => lossIn(steps.section).arrows.count()).toBe(1);
  expect(new URL(page.url()).searchParams.get('moves')).toBe('AABBBA');
  await steps.section.getByText('✕ Broken.').waitFor();

  await page.reload();
  expect(await steps.order('AABBBA').getAttribute('aria-label')).toMatch(/: access without paying$/);
  await steps.press('Forget what I have tried');
  expect(await steps.order('AABBBA').getAttribute('aria-label')).toMatch(/: not tried$/);
});

test('the lock blocks the cancel for as long as the question is open; both resume', async ({ visit, patient }) => {
  const { page } = await visit(patient.url);
  const steps = stepper(page);
  await steps.begin('Redis lock');
  await steps.move('AA');
  await steps.state('Pay', /about to write paid/);
  await page.getByRole('row', { name: /^PAYMENT_\d+_4900 on redis pay on patient / }).waitFor();
  expect(await steps.guess('B', 'It waits until the pay is done')).toMatch(/^✓ Right\./);
  await steps.state('Cancel', 'blocked: waiting for the lock');
  await steps.outcome.getByText('The cancel is blocked: waiting for the lock. It took no step.').waitFor();
  expect(await steps.guess('A', 'It is admitted, and only then reads')).toMatch(/^✓ Right\./);
  await steps.state('Pay', 'done');
  await steps.state('Cancel', /^about to/);
  await steps.press('Resume both');
  await steps.verdict.getByText('No update was lost').waitFor();
  expect(await lossIn(steps.section).arrows.count()).toBe(0);
});

test('plays the order that is chosen on the map, and says what it shows of the guard', async ({ visit }) => {
  const { page } = await visit('/');
  const steps = stepper(page);
  const order = steps.order(lostUpdate);
  const about = steps.section.locator('.about-level [role=status]');
  for (const [level, result, words] of [
    ['Mutex, two instances', /access without paying$/, /^✕ Broken\./],
    ['Redis lock', /no update lost$/, /^✓ It holds\. It cannot be broken/],
  ] as const) {
    await steps.choose(level);
    await order.click();
    await expect.poll(() => order.getAttribute('aria-label')).not.toMatch(/not tried$/);
    await expect.poll(() => order.getAttribute('aria-disabled')).toBe('false');
    expect(await order.getAttribute('aria-label')).toMatch(result);
    expect(await about.innerText()).toMatch(words);
  }
});
