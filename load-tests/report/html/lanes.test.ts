import { expect, test } from 'vitest';
import { elementsOf } from './elements.ts';
import { drawHead, drawLabel, drawLife, gutter, headHeight, layOut, widthFor } from './lanes.ts';

const lanes = [
  { name: 'a', head: ['A', 'a very long line'], width: 60 },
  { name: 'b', head: ['B'], width: 40 },
];
const sheet = layOut(lanes, { heights: [40, 100] });

test('lanes stand side by side, each with its middle in its own width', () => {
  expect([sheet.xOf('a'), sheet.xOf('b'), sheet.width]).toEqual([gutter + 30, gutter + 80, gutter + 100]);
});

test('lanes are spread where the words need more room than they do, and never pressed', () => {
  const wide = layOut(lanes, { heights: [], minWidth: gutter + 200 });
  expect([wide.xOf('a'), wide.xOf('b'), wide.width]).toEqual([gutter + 60, gutter + 160, gutter + 200]);
  expect(layOut(lanes, { heights: [], minWidth: 1 }).width).toBe(sheet.width);
});

test('rows stand one below the other, all of them in the drawing', () => {
  expect(sheet.yOf(1) - sheet.yOf(0)).toBe(100);
  expect(sheet.yOf(0)).toBeGreaterThan(headHeight);
  expect(sheet.height).toBeGreaterThan(sheet.yOf(1) + 14);
});

test('a label keeps inside, to the left and to the right, and stands in the middle if it can', () => {
  const xOf = (x: number) =>
    Number(elementsOf(String(drawLabel('0123456789', { x, y: 60 }, 'above', 'fine', sheet)), 'text')[0]?.x);
  const half = (widthFor(['0123456789']) - gutter) / 2;
  expect([xOf(0), xOf(100), xOf(1000)]).toEqual([gutter + half, 100, sheet.width - half]);
});

test('a label above an arrow and one below do not meet', () => {
  const yOf = (place: 'above' | 'below') =>
    Number(elementsOf(String(drawLabel('x', { x: 0, y: 60 }, place, 'fine', sheet)), 'text')[0]?.y);
  expect(yOf('above')).toBeLessThan(60);
  expect(yOf('below') - yOf('above')).toBeGreaterThan(11);
});

test('a long line above a lane is shortened: the next lane is near', () => {
  expect(String(drawHead({ name: 'a', head: ['A', 'app-1234567', 'app-12345678'], width: 60 }, sheet))).toMatch(
    />app-1234567<.*>app-123456…</,
  );
});

test('a life goes from its first row to its last', () => {
  expect(elementsOf(String(drawLife('b', 0, 1, sheet)), 'line')[0]).toMatchObject({
    x1: String(sheet.xOf('b')),
    y1: String(sheet.yOf(0)),
    x2: String(sheet.xOf('b')),
    y2: String(sheet.yOf(1)),
  });
});
