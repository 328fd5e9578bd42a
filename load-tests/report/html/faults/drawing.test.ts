import { describe, expect, test } from 'vitest';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { elementsOf } from '../elements.ts';
import { drawTimeline } from './drawing.ts';
import { pausedTimeline } from './fixtures.ts';

const sizeOf = (drawing: string) => {
  const [svg] = elementsOf(drawing, 'svg');
  return { width: Number(svg?.width), height: Number(svg?.height) };
};
const letters = (text: string) => text.replace(/&#39;/g, '’').length;

const long: TimelineEvent = {
  atMs: 2000,
  what: 'the clock of a node jumps ahead, with a description that is much longer than there is room for',
  kind: 'fault',
  fault: 2,
  hits: ['redlock-2', 'mysql'],
};

describe.each([
  ['a whole cell', pausedTimeline],
  ['a fault without an end, and with a long name', [...pausedTimeline, long]],
  ['half a cell', pausedTimeline.slice(0, 5)],
  ['a request alone', pausedTimeline.slice(0, 1)],
  ['a fault alone', [long]],
  ['nothing', []],
])('the drawing of %s', (_, timeline) => {
  const drawing = String(drawTimeline(timeline));
  const { width, height } = sizeOf(drawing);

  test('has a size, and only valid numbers', () => {
    expect(width).toBeGreaterThan(0);
    expect(height).toBeGreaterThan(0);
    expect(drawing).not.toMatch(/NaN|Infinity|undefined|="-/);
  });

  test('keeps every bar and band inside', () => {
    for (const rect of elementsOf(drawing, 'rect')) {
      const [x, y] = [Number(rect.x), Number(rect.y)];
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + Number(rect.width)).toBeLessThanOrEqual(width);
      expect(y).toBeGreaterThan(0);
      expect(y + Number(rect.height)).toBeLessThanOrEqual(height);
    }
  });

  test('keeps every label inside', () => {
    for (const [, x = '', text = ''] of drawing.matchAll(/<text class="label[^"]*" x="([^"]*)"[^>]*>([^<]*)</g)) {
      const half = (letters(text) * 6.5) / 2;
      expect(Number(x) - half, text).toBeGreaterThanOrEqual(0);
      expect(Number(x) + half, text).toBeLessThanOrEqual(width + 1);
    }
  });
});

const drawing = String(drawTimeline(pausedTimeline));
const timesOf = (drawn: string) =>
  [...drawn.matchAll(/<text class="time"[^>]* y="([\d.]+)">([\d.]+)</g)].map(([, y, ms]) => ({
    y: Number(y),
    ms: Number(ms),
  }));

test('places later events lower, with room for their labels', () => {
  const times = timesOf(drawing);
  expect(times.length).toBeGreaterThan(10);
  times.forEach(({ y, ms }, index) => {
    const before = times[index - 1];
    if (!before) return;
    expect(ms).toBeGreaterThanOrEqual(before.ms);
    expect(y - before.y).toBeGreaterThanOrEqual(34);
  });
});

test('leaves room below a row with a second label', () => {
  const times = timesOf(drawing);
  const stale = times.findIndex(({ ms }) => ms === 1072);
  expect((times[stale + 1]?.y ?? 0) - (times[stale]?.y ?? 0)).toBeGreaterThanOrEqual(44);
});

test('draws a longer wait longer, within bounds', () => {
  const roomFor = (waitMs: number) => {
    const sent = pausedTimeline.slice(0, 1);
    const answered: TimelineEvent = {
      atMs: 0.1 + waitMs,
      what: '',
      kind: 'answered',
      who: 'A',
      at: 'app-1',
      answer: 'paid',
    };
    const [first, second] = timesOf(String(drawTimeline([...sent, answered])));
    return (second?.y ?? 0) - (first?.y ?? 0);
  };
  const rooms = [1, 100, 1000, 10_000].map(roomFor);
  expect(rooms).toEqual([...rooms].sort((a, b) => a - b));
  expect(new Set(rooms).size).toBe(rooms.length);
  expect(roomFor(10_000_000)).toBeLessThan(200);
});

test('marks a much shortened wait beside the times', () => {
  expect(drawing.match(/>⋮</g)).toHaveLength(1); // until the lock expires
});

test('orders the lanes: nodes, instances with their requests, the database', () => {
  const titles = [...drawing.matchAll(/class="title" x="([\d.]+)" y="14">([^<]*)</g)];
  expect(titles.map(([, , title]) => title)).toEqual(['1', '2', '3', 'A', 'B', 'MySQL']);
  const xs = titles.map(([, x]) => Number(x));
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
});

test('draws a bar per grant with the holder’s letter; the rival’s is not filled', () => {
  const bars = [...drawing.matchAll(/<g class="lease (\w+)">.*?<text [^>]*>(\w+)</g)].map(
    ([, fill, who]) => `${who} ${fill}`,
  );
  expect(bars).toEqual(['A filled', 'A filled', 'A filled', 'B outlined']);
});

test('draws a fault as a band until it is healed, and shades the lanes of its targets', () => {
  const [band] = elementsOf(drawing, 'rect').filter((rect) => rect.class === 'band');
  const [hit] = elementsOf(drawing, 'rect').filter((rect) => rect.class === 'hit');
  const times = timesOf(drawing);
  const yOf = (ms: number) => (times.find((time) => time.ms === ms)?.y ?? Number.NaN) - 4;
  expect(Number(band?.y)).toBe(yOf(35));
  expect(Number(band?.y) + Number(band?.height)).toBe(yOf(1070));
  const [, x] = /class="title" x="([\d.]+)" y="14">A</.exec(drawing) ?? [];
  expect(Number(hit?.x) + Number(hit?.width) / 2).toBe(Number(x));
});

test('marks only the stale write, with a label', () => {
  expect(drawing.match(/<g class="bad">/g)).toHaveLength(1);
  expect(drawing).toContain('✕ stale write: the write of B is lost');
});
