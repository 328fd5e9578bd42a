import { expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { leapUntil, patientMs } from './driver/leap.ts';
import { expectNoBarriers } from './driver/no-barriers.ts';
import { test } from './driver/users-test.ts';

const atLoad = "document.querySelector('#load').scrollIntoView({ block: 'end' })";

test('a load is on the scoreboard, its requests can be chosen, and both last until cleared', async ({ visit }) => {
  const { page } = await visit('/', { clock: 'led' });
  const load = page.getByRole('region', { name: 'A small load' });
  await load.getByRole('button', { name: 'Start', disabled: false }).click();
  const board = load.getByRole('table', { name: 'Scoreboard' });
  await board.getByText('not measured yet').waitFor();
  const below = async () => {
    const headings = [/^Scoreboard/, /^The requests with/].map((name) => load.getByRole('heading', { name }));
    const [first, second] = await Promise.all(headings.map((heading) => heading.boundingBox()));
    return (second?.y ?? Number.NaN) - (first?.y ?? 0);
  };
  const before = await below();
  await leapUntil(page, load.getByText(/^none: .*lost/), { everyMs: patientMs });
  expect(Math.abs((await below()) - before), 'the scoreboard moves no dots').toBeLessThan(2);
  const row = board.getByRole('row', { name: /^none/ });
  const figures = await row.innerText();

  const requests = load.getByRole('slider', { name: 'Request' });
  await requests.focus();
  await page.keyboard.press('End');
  const dots = await requests.getAttribute('aria-valuemax');
  expect(await requests.getAttribute('aria-valuetext')).toMatch(new RegExp(`^${dots} of ${dots}: (Pay|Cancel) for `));
  await load.getByText('In the picture it is ').waitFor();
  await load.getByRole('listbox', { name: 'Steps of none: one request and its rivals' }).waitFor();
  await page.keyboard.press('Home');
  expect(await requests.getAttribute('aria-valuenow')).toBe('1');

  const drawn = await load
    .locator('.load-plot .dot')
    .evaluateAll((paths) => paths.map((path) => path.getAttribute('d')));
  const [, x = '', y = ''] = /M(\S+) (\S+)h0$/.exec(drawn.find((path) => path !== '') ?? '') ?? [];
  const { width = 0, height = 0 } = (await load.locator('.load-plot > svg').boundingBox()) ?? {};
  const position = { x: (width * Number(x)) / 100, y: (height * Number(y)) / 100 };
  await load.locator('.load-plot > svg').click({ position, force: true });
  await expect.poll(() => requests.getAttribute('aria-valuenow')).not.toBe('1');
  await expectNoBarriers(page);

  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(testStack().url); // a new visit
  await page.evaluate(atLoad);
  await expect.poll(() => row.innerText()).toBe(figures);
  const clear = load.getByRole('button', { name: 'Clear the scoreboard' });
  await clear.press('Enter');
  await board.waitFor({ state: 'detached' });
  expect(await clear.evaluate((button) => button.matches(':focus'))).toBe(true);

  await load.getByRole('button', { name: /^All modes/, disabled: false }).click();
  await load.getByText(/^1 of \d+, none: /).waitFor();
  await load.getByRole('button', { name: 'Stop' }).click();
  await load.getByText('It was stopped early, and is not on the scoreboard.').waitFor();
  await board.waitFor({ state: 'detached' }); // the lines of its modes go once its last requests are answered
});
