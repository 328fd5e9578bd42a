import { expect } from 'vitest';
import type { LiveFault, LiveFaults } from '../../app/lab/faults/fault.ts';
import { testStack } from '../../app/testing/stack.ts';
import { stepRaces } from './driver/stepped-race.ts';
import { test } from './driver/users-test.ts';

const pauseOf = (name: string): LiveFault => ({
  name: `freeze-${name}`,
  kind: 'freeze',
  what: `${name} is paused`,
  targets: [name],
  state: 'healed',
});
/** As the stack of `npm start` answers. */
const offered: LiveFaults = { offered: true, faults: ['app-1', 'app-2', 'app-3'].map(pauseOf), past: [] };

test('a slow race has the faults of the holder in view, and moves no other button', async ({ visit }) => {
  const { page } = await visit('about:blank');
  await page.route('**/lab/faults', (route) => route.fulfill({ json: offered }));
  const asked: string[] = [];
  await page.route('**/lab/faults/*/inject', (route) => {
    asked.push(route.request().url().split('/').at(-2) ?? '');
    return route.fulfill({ json: offered });
  });
  await page.goto(testStack().url);
  const races = await stepRaces(page);
  const section = page.getByRole('region', { name: 'Break it' });
  const pause = section.getByRole('button', { name: 'Pause app-1' });
  await pause.waitFor();
  const left = (await pause.boundingBox())?.x;

  await section.getByRole('button', { name: 'Race slowly', disabled: false }).click();
  await races.step('A', 'redis');
  const faults = page.locator('.begin .commands');
  await faults.getByText(/^app-\d holds the lock:/).waitFor();
  const seen = await faults.boundingBox();
  expect(seen?.y).toBeGreaterThanOrEqual(0);
  expect(seen?.y).toBeLessThan(100);
  await faults.getByRole('button', { name: /^Pause/ }).click();
  await expect.poll(() => asked).toEqual([expect.stringMatching(/^freeze-app-\d$/)]);
  await section.getByText('pay, holds the lock').waitFor();
  expect((await pause.boundingBox())?.x).toBe(left);
  await races.step('AABBB', 'redis');
  await page.locator('.stage .judged').waitFor();
  expect(await faults.count()).toBe(0);
});
