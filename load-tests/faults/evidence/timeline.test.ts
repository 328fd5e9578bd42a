import { expect, test } from 'vitest';
import { createEventLog } from './timeline.ts';

test('sorts events by time, and keeps the order of equal times', () => {
  const eventLog = createEventLog(1000);
  eventLog.record('second', { kind: 'remark' }, 1020);
  eventLog.record('third', { kind: 'remark' }, 1020);
  eventLog.record('first', { kind: 'charged', who: 'A', at: 'app-1', chargeId: 3, amount: 1 }, 1010.26);
  expect(eventLog.events).toEqual([
    { atMs: 10.3, what: 'first', kind: 'charged', who: 'A', at: 'app-1', chargeId: 3, amount: 1 },
    { atMs: 20, what: 'second', kind: 'remark' },
    { atMs: 20, what: 'third', kind: 'remark' },
  ]);
});

test('records an event without a time as now', () => {
  const startedAtMs = performance.now();
  const eventLog = createEventLog(startedAtMs);
  eventLog.record('now', { kind: 'remark' });
  const [event] = eventLog.events;
  expect(event?.atMs).toBeGreaterThanOrEqual(0);
  expect(event?.atMs).toBeLessThanOrEqual(performance.now() - startedAtMs + 0.1);
});
