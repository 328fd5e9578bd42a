import { expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { play } from './driver/play.ts';
import { stepper } from './driver/stepper.ts';
import { test } from './driver/users-test.ts';
import { untilWhole } from './driver/whole-page.ts';

/** Over the wire, gzipped by nginx and with all headers. */
const mostBytes = 100_000;

test('the first view takes less than 100 kB over the wire', async ({ visit }) => {
  const { page, context } = await visit('about:blank');
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true }); // other tests of this browser were here before
  const paths = new Map<string, string>();
  session.on('Network.requestWillBeSent', ({ requestId, request }) =>
    paths.set(requestId, new URL(request.url).pathname),
  );
  /** Bytes of the first answer of each path: on a slow machine, the page asks some again before it is whole. */
  const received = new Map<string, number>();
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const path = paths.get(requestId) ?? '';
    if (!received.has(path)) received.set(path, encodedDataLength);
  });
  await page.goto(testStack().url);
  await page.getByRole('button', { name: 'Pay and cancel at once', disabled: false }).waitFor();
  const interactiveMs = (await page.evaluate('performance.now()')) as number;
  await untilWhole(page);
  await expect.poll(() => received.size).toBeGreaterThanOrEqual(7); // page, script, styles, and what it waits for

  await session.detach();
  const bytes = [...received.values()].reduce((sum, size) => sum + size, 0);
  console.log(
    `first view: ${(bytes / 1000).toFixed(1)} kB in ${received.size} answers, interactive after ${interactiveMs.toFixed(0)} ms`,
  );
  expect(bytes).toBeLessThan(mostBytes);
});

/**
 * Runs in the page: jumps to the lost update, which scrolls the picture sideways and the page down. Returns for each whether
 * it still moved after the click, until half a second brought no change. It looks at where the picture is seen: when
 * something is added above it, the browser changes the page's scroll position to keep it there.
 */
const jump = `(async () => {
  const box = document.querySelector('.diagram-box');
  const places = () => [box.scrollLeft, Math.round(box.getBoundingClientRect().top)];
  const before = places();
  document.querySelector('.jump').click();
  const first = places();
  let last = first;
  for (let still = 0; still < 30; still++) {
    await new Promise(requestAnimationFrame);
    if (places().some((place, index) => place !== last[index])) still = 0;
    last = places();
  }
  if (last.some((place, index) => place === before[index])) throw new Error('it was there already: ' + last);
  return last.map((place, index) => place !== first[index]);
})()`;

/** Runs in the page. */
const scrollBack = `for (const one of [document.querySelector('.diagram-box'), window])
  one.scrollTo({ left: 0, top: 0, behavior: 'instant' })`;

test('jumps to the lost update at once with reduced motion, and scrolls otherwise', async ({ visit }) => {
  const { page } = await visit('/?run=steps&modes=none&moves=AABBBA&seed=1', { on: 'phone', motion: 'reduce' });
  await play(page);
  await stepper(page)
    .verdict.getByText(/has access and paid nothing/)
    .waitFor();
  await page.evaluate(scrollBack); // it had been shown by itself
  const whenReduced = await page.evaluate(jump);
  await page.evaluate(scrollBack);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const otherwise = await page.evaluate(jump);
  expect({ whenReduced, otherwise }).toEqual({ whenReduced: [false, false], otherwise: [true, true] });
});
