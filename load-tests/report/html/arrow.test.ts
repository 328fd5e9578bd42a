import { expect, test } from 'vitest';
import { arrow } from './arrow.ts';
import { elementsOf } from './elements.ts';

const partsOf = (markup: string) => {
  const [line] = elementsOf(markup, 'line');
  const [head] = elementsOf(markup, 'polygon');
  return { from: `${line?.x1},${line?.y1}`, neck: `${line?.x2},${line?.y2}`, head: head?.points };
};

test('draws a line between the points, with its head at the end', () => {
  expect(partsOf(String(arrow({ x: 10, y: 20 }, { x: 50, y: 20 }, 'fine')))).toEqual({
    from: '10,20',
    neck: '43,20',
    head: '50,20 43,23.5 43,16.5',
  });
  expect(partsOf(String(arrow({ x: 50, y: 20 }, { x: 10, y: 20 }, 'fine'))).head).toBe('10,20 17,16.5 17,23.5');
});

test('draws no NaN for an arrow without length', () => {
  expect(String(arrow({ x: 1, y: 1 }, { x: 1, y: 1 }, 'fine'))).not.toContain('NaN');
});
