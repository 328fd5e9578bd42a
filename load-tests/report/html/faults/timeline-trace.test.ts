import { expect, test } from 'vitest';
import { listEvents } from '../../../../app/web/page/narrative/steps/list-events.ts';
import { readTrace } from '../../../../app/web/page/trace/steps.ts';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { at, pausedTimeline } from './fixtures.ts';
import { traceOfTimeline } from './timeline-trace.ts';

function read(timeline: readonly TimelineEvent[]) {
  const { events, context } = traceOfTimeline(timeline, 'redlock');
  return readTrace(events, context);
}

test('lists every event in order, with the names that the requests have', () => {
  expect(listEvents(read(pausedTimeline)).map(({ ms, short, where }) => `${ms.toFixed(1)} ${where}: ${short}`)).toEqual(
    [
      '0.0 app-1: A arrived in mode redlock',
      '3.9 redlock-1, redlock-2, redlock-3: A got the lock for 1 s.',
      '19.9 app-1: A had read v0',
      '19.9 app-1: A got charge 3 of 49.00 confirmed',
      '29.9 app-1: A is held before its write.',
      '30.9 app-1: A is resumed.',
      '34.9 app-1: Fault: app-1 is paused.',
      '34.9 : A has checked its lease.',
      '35.9 app-2: B arrived in mode redlock',
      '1003.9 redlock-1, redlock-2, redlock-3: The lock of A expired.',
      '1039.9 redlock-3: B got the lock for 1 s.',
      '1049.9 app-2: B had read v0',
      '1049.9 app-2: B got the refund of charge 3 confirmed',
      '1059.9 app-2: B wrote v1 (unpaid), decided on v0',
      '1064.9 app-2: B was answered: cancelled',
      '1069.9 app-1: The fault is over: “app-1 is paused”.',
      '1071.9 app-1: A wrote v2 (paid), decided on v0: v1 (unpaid) by B (cancel) is lost',
      '1074.9 app-1: A was answered: paid',
    ],
  );
});

test('a node that loses the lock early does not end it on the others', () => {
  const lost = at(40, { kind: 'ended', who: 'A', node: 'redlock-2', how: 'lost' });
  const leases = read([...pausedTimeline.slice(0, 5), lost]).bars.filter(({ kind }) => kind === 'lease');
  expect(leases.map(({ toMs }) => toMs?.toFixed(1))).toEqual(['39.9', undefined, undefined]);
});

test('a fault ends when it is healed, not when another one is', () => {
  const fault = (atMs: number, kind: 'fault' | 'healed', number: number) =>
    at(atMs, { kind, fault: number, hits: ['app-1'] });
  const { bars } = read([fault(1, 'fault', 1), fault(2, 'fault', 2), fault(3, 'healed', 2)]);
  expect(bars.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [0, undefined],
    [1, 2],
  ]);
});

test('a name that is sent again is another request', () => {
  const sent = (atMs: number) =>
    at(atMs, { kind: 'sent', who: 'B', at: 'app-2', userId: 7, command: 'pay', amount: 1 });
  const answered = (atMs: number) => at(atMs, { kind: 'answered', who: 'B', at: 'app-2', answer: 'unavailable' });
  const { requests, steps } = read([sent(1), answered(2), sent(3), answered(4)]);
  expect(requests.map(({ name }) => name)).toEqual(['B', 'B']);
  expect(steps.map(({ request }) => requests.indexOf(request))).toEqual([0, 0, 1, 1]);
});

test('times before the cell’s beginning, by another clock, stay in order', () => {
  const charged = at(-0.4, { kind: 'charged', who: 'A', at: 'app-1', chargeId: 1, amount: 4900 });
  expect(read([charged, ...pausedTimeline.slice(0, 1)]).steps.map(({ event }) => event.step)).toEqual([
    'charged',
    'arrived',
  ]);
});
