import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { event, lostUpdate } from '../../fixtures/runs.ts';
import { findRivals } from './rivals.ts';

const idsOf = (events: readonly TraceEvent[]) => [...new Set(events.map(({ requestId }) => requestId))].sort();
const span = (requestId: string, fromMs: number, toMs: number, userId = 7) => [
  event('pay', 'arrived', fromMs, { requestId, userId }),
  event('pay', 'answered', toMs, { requestId, userId, outcome: 'paid' }),
];

test('finds the requests for the same user at the same time', () => {
  const events = [
    ...lostUpdate,
    ...span('earlier', -50, -1),
    ...span('later', 1600, 1700),
    ...span('meets its end', 1506, 1600),
    ...span('of another', 100, 200, 8),
  ];
  expect(idsOf(findRivals(events, 'pay').events)).toEqual(['cancel', 'meets its end', 'pay']);
  expect(findRivals(events, 'cancel').events).toEqual(lostUpdate);
  expect(idsOf(findRivals(events, 'later').events)).toEqual(['later', 'meets its end']);
});

test('of many, shows those that ended nearest to its end', () => {
  const waiting = span('waited', 0, 2000);
  const before = Array.from({ length: 20 }, (_, index) => span(`${index + 10}`, index * 90, index * 90 + 80));
  const { events, leftOut } = findRivals([...waiting, ...before.flat()], 'waited');
  expect(idsOf(events)).toEqual(['25', '26', '27', '28', '29', 'waited']);
  expect(leftOut).toBe(15);
});

test('finds nothing for a request without a trace', () => {
  expect(findRivals(lostUpdate, 'unknown')).toEqual({ events: [], leftOut: 0 });
});
