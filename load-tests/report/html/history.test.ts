import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import type { Operation } from '../../verify/operation.ts';
import { violationIn } from '../fixtures.ts';
import { elementsOf } from './elements.ts';
import { History } from './history.tsx';

const render = (history: readonly Operation[]) =>
  renderToString(h(History, { of: { userId: 7, violation: violationIn(history) } }));
const paid = (invokedAtMs: number, returnedAtMs: number) =>
  ({ call: 'pay', answer: 'paid', invokedAtMs, returnedAtMs }) as const;

test('draws a bar per call, from its request to its answer, each in its own row', () => {
  const bars = elementsOf(render([paid(100, 150), paid(120, 200)]), 'rect');
  expect(bars.map(({ x, width }) => [x, width])).toEqual([
    ['0%', '50%'],
    ['20%', '80%'],
  ]);
  expect(new Set(bars.map(({ y }) => y)).size).toBe(2);
});

test('does not show the end of a call of unknown outcome', () => {
  const unknown = { call: 'pay', answer: 'unknown', invokedAtMs: 50, returnedAtMs: 60 } as const;
  const drawn = render([unknown, paid(0, 40), paid(55, 70), paid(72, 100)]);
  const [bar] = elementsOf(drawn.split('<g class="unknown">')[1] ?? '', 'rect');
  expect(Number.parseFloat(bar?.x ?? '') + Number.parseFloat(bar?.width ?? '')).toBe(100);
  expect(drawn).toMatch(/ to \? ms<\/span> <span>pay unknown/);
});

test('aligns the label of a late call to the end of its bar, inside the page', () => {
  const labels = elementsOf(render([paid(0, 90), paid(80, 100)]), 'text').filter((text) => 'text-anchor' in text);
  expect(labels.map(({ x, 'text-anchor': anchor }) => [x, anchor])).toEqual([
    ['0%', 'start'],
    ['100%', 'end'],
    ['100%', 'end'], // the scale
  ]);
});

test('says how many calls it leaves out, if any', () => {
  const pays = Array.from(
    { length: 100 },
    (_, index): Operation => ({ call: 'pay', answer: 'already_paid', invokedAtMs: 100 + index, returnedAtMs: 1000 }),
  );
  const cancel = { call: 'cancel', answer: 'cancelled', invokedAtMs: 1, returnedAtMs: 500 } as const;
  expect(render([cancel, ...pays])).toContain('<p>71 earlier calls are left out.</p>');
  expect(render([paid(0, 1), paid(0, 1)])).not.toContain('left out');
});

test('draws no NaN for calls that took no time', () => {
  expect(render([paid(5, 5), paid(5, 5)])).not.toMatch(/NaN|Infinity/);
});
