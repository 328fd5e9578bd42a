import { expect, test } from 'vitest';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { pausedTimeline } from './fixtures.ts';
import { describeEvents, placeEvents } from './rows.ts';

const { rows, bars, bands, lives } = placeEvents(pausedTimeline);
const rowOf = (label: string) => rows.findIndex((row) => row.label.startsWith(label));

test('each thing has a row, in few words; what happens on several nodes at once has one', () => {
  expect(rows.map(({ ms, label, tag }) => `${ms} ${label}${tag === undefined ? '' : ` | ${tag}`}`)).toEqual([
    '0.1 A: pay 4900',
    '4 A gets the lock on 3 nodes',
    '20 A charges 4900',
    '30 A is held before its write',
    '31 A may go on',
    '35 ▼ app-1 is paused',
    '36 B: cancel 4900',
    '1004 the lock of A runs out on 3 nodes',
    '1040 B gets the lock',
    '1050 B refunds the charge of A',
    '1060 B writes unpaid: version 1',
    '1065 B is answered cancelled',
    '1070 ▲ healed: app-1 is paused',
    '1072 A writes paid: version 2, having read 0 | ✕ stale write: the write of B is lost',
    '1075 A is answered paid',
  ]);
});

test('a write leads from its instance to the database, a grant from the node to the instance', () => {
  expect(rows[rowOf('A writes paid')]).toMatchObject({ from: 'app-1', to: 'mysql', tone: 'bad' });
  expect(rows[rowOf('B writes unpaid')]).toMatchObject({ from: 'app-2', to: 'mysql', tone: 'fine' });
  expect(rows[rowOf('B gets the lock')]).toMatchObject({ from: 'redlock-3', to: 'app-2', tone: 'fine' });
});

test('a lock lasts on each node from its grant to its end; without one, to the end of the cell', () => {
  const [granted, over] = [rowOf('A gets the lock'), rowOf('the lock of A')];
  expect(bars).toEqual([
    ...['redlock-2', 'redlock-1', 'redlock-3'].map((node) => ({ node, who: 'A', from: granted, to: over, slot: 0 })),
    { node: 'redlock-3', who: 'B', from: rowOf('B gets the lock'), slot: 0 },
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

test('what takes many words is shortened in the drawing, and told in full beside it', () => {
  const what = 'a fault '.repeat(20).trim();
  const fault: TimelineEvent = { atMs: 1, what, kind: 'fault', fault: 1, hits: ['app-1'] };
  expect(placeEvents([fault]).rows[0]?.label).toMatch(/^▼ a fault .*…$/);
  expect(placeEvents([fault]).rows[0]?.label).toHaveLength(46);
  expect(describeEvents([fault])[0]?.words).toBe(what);
});

test('the fault lasts until it is healed, and a request until it is answered', () => {
  expect(bands).toEqual([{ hits: ['app-1'], from: rowOf('▼'), to: rowOf('▲') }]);
  expect(lives).toEqual([
    { who: 'A', at: 'app-1', from: 0, to: rows.length - 1 },
    { who: 'B', at: 'app-2', from: rowOf('B: cancel'), to: rowOf('B is answered') },
  ]);
});

test('one of two faults is not healed by the other’s healing', () => {
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

test('one who asks again lives again', () => {
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
  const { lives } = placeEvents([sent(1), answered(2), sent(3), answered(4)]);
  expect(lives.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test('grants of the same lock at different times are two, and so are two requests’ at once', () => {
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
    'A gets the lock',
    'A gets the lock',
  ]);
  expect(
    labels(
      grant(1, 'A', 'redlock-1'),
      grant(2, 'B', 'redlock-1'),
      grant(3, 'A', 'redlock-2'),
      grant(4, 'B', 'redlock-2'),
    ),
  ).toEqual(['A gets the lock on 2 nodes', 'B gets the lock on 2 nodes']);
});

test('locks that a node keeps at the same time stand beside each other, and leave their place when they end', () => {
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

test('all of it is told in words, also what no lane shows', () => {
  const lines = describeEvents(pausedTimeline);
  expect(lines).toHaveLength(rows.length + 1);
  expect(lines.map(({ words }) => words)).toEqual(
    expect.arrayContaining([
      'A is granted the lock on redlock-1, redlock-2, redlock-3 for 1000 ms',
      'A has looked at its lease',
      'A writes paid over version 1, having read version 0: the write of B is lost',
    ]),
  );
});
