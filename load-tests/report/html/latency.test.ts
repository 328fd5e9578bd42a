import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, test } from 'vitest';
import { heldRun, violatedRun } from '../fixtures.ts';
import { elementsOf } from './elements.ts';
import { Latencies } from './latency.tsx';

const draw = (...runs: (typeof heldRun)[]) => renderToString(h(Latencies, { runs }));
const drawn = draw(violatedRun, heldRun);
const [first = '', second = ''] = drawn.split('<figure').slice(1);
const pointsOf = (panel: string, style: string) =>
  elementsOf(panel, 'polyline').find((line) => line.class === style)?.points;

test('draws the curve from 0 % answered to 100 %', () => {
  // 2, 20, 60, 100 and 200 ms between 1 and 1000
  expect(pointsOf(first, 'curve')).toBe('0,100 10,100 43.4,50 59.3,10 66.7,1 76.7,0 100,0');
});

test('shows the first mode’s curve, by name, behind each other mode’s', () => {
  expect(pointsOf(first, 'reference')).toBeUndefined();
  expect(pointsOf(second, 'reference')).toBe(pointsOf(first, 'curve'));
  expect(second).toContain('<figcaption>redis<small> dashed: none</small></figcaption>');
});

test('marks the median and the 99th percentile on the curve', () => {
  const dots = elementsOf(first, 'span').filter((span) => span.class === 'dot');
  expect(dots.map(({ style }) => style)).toEqual(['left:43.4%;top:50%;', 'left:66.7%;top:1%;']);
});

test('has a line and a number per decade', () => {
  const ticks = [...first.matchAll(/<span style="left:([\d.]+)%;">(\d+)<\/span>/g)].map(([, left, tick]) => [
    left,
    tick,
  ]);
  expect(ticks).toEqual([
    ['0', '1'],
    ['33.3', '10'],
    ['66.7', '100'],
    ['100', '1000'],
  ]);
});

test('uses one scale for all modes, which includes the slowest', () => {
  const slow = { ...heldRun, latencyPercentiles: [{ percent: 100, ms: 25_000 }] };
  const [panel = '', slowPanel = ''] = draw(violatedRun, slow).split('<figure').slice(1);
  expect(panel).toContain('<span style="left:100%;">100000</span>');
  expect(pointsOf(slowPanel, 'curve')).toBe('0,100 88,0 100,0');
});
