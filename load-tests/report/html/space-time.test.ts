import { expect, test } from 'vitest';
import { accessWithoutPaying } from '../fixtures.ts';
import { elementsOf } from './elements.ts';
import { renderSpaceTime } from './space-time.ts';

const drawn = String(renderSpaceTime(accessWithoutPaying));
const titles = new Map(
  [...drawn.matchAll(/class="title" x="(\d+)" y="14">([^<]*)</g)].map(([, x, title]) => [title, Number(x)]),
);
const yOf = (label: string) => Number(new RegExp(`y="([\\d.]+)">${label}`).exec(drawn)?.[1]) + 7;
/** The start and the tip of each arrow of one kind. */
const arrowsOf = (style: string) =>
  [
    ...drawn.matchAll(
      new RegExp(
        `<g class="${style}"><line x1="([\\d.]+)" y1="([\\d.]+)"[^>]*/><polygon points="([\\d.]+),([\\d.]+)`,
        'g',
      ),
    ),
  ].map(([, ...numbers]) => numbers.map(Number));
const [a = 0, b = 0, row = 0, ledger = 0] = ['A', 'B', 'user', 'ledger'].map((title) => titles.get(title));

test('has a lane per request, then the row and the ledger', () => {
  expect([...titles.keys()]).toEqual(['A', 'B', 'user', 'ledger']);
  expect([a, b, row, ledger]).toEqual([a, b, row, ledger].sort((one, other) => one - other));
});

test('draws reads from the row to the request, and acts from the request to the row or ledger', () => {
  expect(arrowsOf('reads').map(([from, , to]) => [from, to])).toEqual([
    [row, a],
    [row, b],
  ]);
  expect(arrowsOf('fine').map(([from, , to]) => [from, to])).toEqual([
    [a, ledger],
    [b, ledger],
    [b, row],
  ]);
});

test('marks only the stale write', () => {
  expect(arrowsOf('bad').map(([from, , to]) => [from, to])).toEqual([[a, row]]);
  expect(drawn.match(/✕ stale write/g)).toHaveLength(1);
});

test('marks the time from the stale write’s read to the write, and points to the lost write', () => {
  const relied = elementsOf(drawn, 'line').find((line) => line.class === 'relied bad');
  expect([relied?.x1, relied?.y1, relied?.y2].map(Number)).toEqual([a, yOf('reads version 4'), yOf('writes paid')]);
  const [[x, y, toX, toY] = []] = arrowsOf('destroys bad');
  expect([x, y]).toEqual([a, yOf('reads version 4')]);
  expect([toX, toY]).toEqual([row - 4, yOf('writes unpaid') - 2]);
  expect(drawn).toContain('✕ lost: A writes over it unread');
});

test('shows the time of a read as an upper bound', () => {
  const times = [...drawn.matchAll(/<text class="time"[^>]*>([^<]*)</g)].map(([, time]) => time);
  expect(times).toEqual(['&lt; 0.0', '0.0', '&lt; 1.3', '1.3', '20.0', '30.5']);
});
