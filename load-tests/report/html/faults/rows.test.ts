import { expect, test } from 'vitest';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { pausedTimeline } from './fixtures.ts';
import { describeEvents, placeEvents } from './rows.ts';

const { rows, bars, bands, requestSpans } = placeEvents(pausedTimeline);
const rowOf = (label: string) => rows.findIndex((row) => row.label.startsWith(label));

test('places each event in a row; simultaneous events on several nodes share one', () => {
  expect(rows.map(({ ms, label, tag }) => `${ms} ${label}${tag === undefined ? '' : ` | ${tag}`}`)).toEqual([
    '0.1 A: pay 4900',
    '4 A is granted the lock on 3 nodes',
    '20 A charges 4900',
    '30 A is held before its write',
    '31 A is resumed',
    '35 ▼ app-1 is paused',
    '36 B: cancel 4900',
    '1004 the lock of A expires on 3 nodes',
    '1040 B is granted the lock',
    '1050 B refunds the charge of A',
    '1060 B writes unpaid: version 1',
    '1065 B is answered cancelled',
    '1070 ▲ healed: app-1 is paused',
    '1072 A writes paid: version 2, having read 0 | ✕ stale write: the write of B is lost',
    '1075 A is answered paid',
  ]);
});

test('draws a write from its instance to the database, and a grant from its node to the instance', () => {
  expect(rows[rowOf('A writes paid')]).toMatchObject({ from: 'app-1', to: 'mysql', tone: 'bad' });
  expect(rows[rowOf('B writes unpaid')]).toMatchObject({ from: 'app-2', to: 'mysql', tone: 'fine' });
  expect(rows[rowOf('B is granted the lock')]).toMatchObject({ from: 'redlock-3', to: 'app-2', tone: 'fine' });
});

test('draws a lock on each node from its grant to its end, or to the end of the cell', () => {
  const [granted, over] = [rowOf('A is granted the lock'), rowOf('the lock of A')];
  expect(bars).toEqual([
    ...['redlock-2', 'redlock-1', 'redlock-3'].map((node) => ({ node, who: 'A', from: granted, to: over, slot: 0 })),
    { node: 'redlock-3', who: 'B', from: rowOf('B is granted the lock'), slot: 0 },
  ]);
});

test('a node that loses the lock early does not end it on the others', () => {
  const lost: TimelineEvent = { atMs: 40, what: '', kind: 'ended', who: 'A', node: 'redlock-2', how: 'lost' };
  const { bars: early } = placeEvents([...pausedTimeline.slice(0, 5), lost]);
  expect(early.map(({ node, to }) => [node, to])).toEqual([
    ['redlock-2', 3],
    ['redlock-1', undefined],
    ['redlock-3', undefined],
  ]);
});

test('shortens a long label in the drawing, but not in the list', () => {
  const what = 'a fault '.repeat(20).trim();
  const fault: TimelineEvent = { atMs: 1, what, kind: 'fault', fault: 1, hits: ['app-1'] };
  expect(placeEvents([fault]).rows[0]?.label).toMatch(/^▼ a fault .*…$/);
  expect(placeEvents([fault]).rows[0]?.label).toHaveLength(46);
  expect(describeEvents([fault])[0]?.text).toBe(what);
});

test('ends a fault when it is healed, and a request when it is answered', () => {
  expect(bands).toEqual([{ hits: ['app-1'], from: rowOf('▼'), to: rowOf('▲') }]);
  expect(requestSpans).toEqual([
    { who: 'A', at: 'app-1', from: 0, to: rows.length - 1 },
    { who: 'B', at: 'app-2', from: rowOf('B: cancel'), to: rowOf('B is answered') },
  ]);
});

test('does not end a fault when another one is healed', () => {
  const fault = (atMs: number, kind: 'fault' | 'healed', fault: number): TimelineEvent => ({
    atMs,
    what: `${kind} ${fault}`,
    kind,
    fault,
    hits: ['app-1'],
  });
  const { bands } = placeEvents([fault(1, 'fault', 1), fault(2, 'fault', 2), fault(3, 'healed', 2)]);
  expect(bands.map(({ from, to }) => [from, to])).toEqual([
    [0, undefined],
    [1, 2],
  ]);
});

test('draws a second span for a request that is sent again', () => {
  const sent = (atMs: number): TimelineEvent => ({
    atMs,
    what: '',
    kind: 'sent',
    who: 'B',
    at: 'app-2',
    command: 'pay',
    amount: 1,
  });
  const answered = (atMs: number): TimelineEvent => ({
    atMs,
    what: '',
    kind: 'answered',
    who: 'B',
    at: 'app-2',
    answer: 'unavailable',
  });
  const { requestSpans: spans } = placeEvents([sent(1), answered(2), sent(3), answered(4)]);
  expect(spans.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('does not group grants at different times or of different requests', () => {
  const grant = (atMs: number, who: string, node: string): TimelineEvent => ({
    atMs,
    what: '',
    kind: 'granted',
    who,
    at: 'app-1',
    node,
    untilMs: atMs + 1000,
  });
  const labels = (...events: readonly TimelineEvent[]) => placeEvents(events).rows.map(({ label }) => label);
  expect(labels(grant(1, 'A', 'redlock-1'), grant(100, 'A', 'redlock-2'))).toEqual([
    'A is granted the lock',
    'A is granted the lock',
  ]);
  expect(
    labels(
      grant(1, 'A', 'redlock-1'),
      grant(2, 'B', 'redlock-1'),
      grant(3, 'A', 'redlock-2'),
      grant(4, 'B', 'redlock-2'),
    ),
  ).toEqual(['A is granted the lock on 2 nodes', 'B is granted the lock on 2 nodes']);
});

test('places a node’s simultaneous locks side by side, and reuses a slot when a lock ends', () => {
  const grant = (atMs: number, who: string): TimelineEvent => ({
    atMs,
    what: '',
    kind: 'granted',
    who,
    at: 'app-1',
    node: 'redis',
    untilMs: atMs + 1000,
  });
  const end = (atMs: number, who: string): TimelineEvent => ({
    atMs,
    what: '',
    kind: 'ended',
    who,
    node: 'redis',
    how: 'deleted',
  });
  const { bars } = placeEvents([grant(1, 'A'), grant(2, 'B'), end(30, 'A'), grant(60, 'C'), grant(90, 'D')]);
  expect(bars.map(({ who, slot }) => `${who} ${slot}`)).toEqual(['A 0', 'B 1', 'C 0', 'D 2']);
});

test('lists all events, including remarks', () => {
  const lines = describeEvents(pausedTimeline);
  expect(lines).toHaveLength(rows.length + 1);
  expect(lines.map(({ text }) => text)).toEqual(
    expect.arrayContaining([
      'A is granted the lock on redlock-1, redlock-2, redlock-3 for 1000 ms',
      'A has checked its lease',
      'A writes paid over version 1, having read version 0: the write of B is lost',
    ]),
  );
});
