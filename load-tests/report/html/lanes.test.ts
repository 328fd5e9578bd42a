import { expect, test } from 'vitest';
import { elementsOf } from './elements.ts';
import { drawHead, drawLabel, drawRequestSpan, gutter, headHeight, layOut, widthFor } from './lanes.ts';

const lanes = [
  { name: 'a', head: ['A', 'a very long line'], width: 60 },
  { name: 'b', head: ['B'], width: 40 },
];
const sheet = layOut(lanes, { heights: [40, 100] });

test('places lanes side by side, each centred in its width', () => {
  expect([sheet.xOf('a'), sheet.xOf('b'), sheet.width]).toEqual([gutter + 30, gutter + 80, gutter + 100]);
});

test('spreads the lanes if the labels need more room, and never narrows them', () => {
  const wide = layOut(lanes, { heights: [], minWidth: gutter + 200 });
  expect([wide.xOf('a'), wide.xOf('b'), wide.width]).toEqual([gutter + 60, gutter + 160, gutter + 200]);
  expect(layOut(lanes, { heights: [], minWidth: 1 }).width).toBe(sheet.width);
});

test('places rows one below the other, inside the drawing', () => {
  expect(sheet.yOf(1) - sheet.yOf(0)).toBe(100);
  expect(sheet.yOf(0)).toBeGreaterThan(headHeight);
  expect(sheet.height).toBeGreaterThan(sheet.yOf(1) + 14);
});

test('centres a label, and keeps it inside on both sides', () => {
  const xOf = (x: number) =>
    Number(elementsOf(String(drawLabel('0123456789', { x, y: 60 }, 'above', 'fine', sheet)), 'text')[0]?.x);
  const half = (widthFor(['0123456789']) - gutter) / 2;
  expect([xOf(0), xOf(100), xOf(1000)]).toEqual([gutter + half, 100, sheet.width - half]);
});

test('keeps a label above an arrow and one below apart', () => {
  const yOf = (place: 'above' | 'below') =>
    Number(elementsOf(String(drawLabel('x', { x: 0, y: 60 }, place, 'fine', sheet)), 'text')[0]?.y);
  expect(yOf('above')).toBeLessThan(60);
  expect(yOf('below') - yOf('above')).toBeGreaterThan(11);
});

test('shortens a long line above a lane', () => {
  expect(String(drawHead({ name: 'a', head: ['A', 'app-1234567', 'app-12345678'], width: 60 }, sheet))).toMatch(
    />app-1234567<.*>app-123456…</,
  );
});

test('draws a request span from its first row to its last', () => {
  expect(elementsOf(String(drawRequestSpan('b', 0, 1, sheet)), 'line')[0]).toMatchObject({
    x1: String(sheet.xOf('b')),
    y1: String(sheet.yOf(0)),
    x2: String(sheet.xOf('b')),
    y2: String(sheet.yOf(1)),
  });
});
