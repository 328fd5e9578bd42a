import { expect, test } from 'vitest';
import { createChronicle } from './timeline.ts';

test('what was learnt of later stands where it happened, and what came at once stays as it came', () => {
  const chronicle = createChronicle(1000);
  chronicle.moment('second', { kind: 'told' }, 1020);
  chronicle.moment('third', { kind: 'told' }, 1020);
  chronicle.moment('first', { kind: 'charged', who: 'A', at: 'app-1', amount: 1 }, 1010.26);
  expect(chronicle.events).toEqual([
    { atMs: 10.3, what: 'first', kind: 'charged', who: 'A', at: 'app-1', amount: 1 },
    { atMs: 20, what: 'second', kind: 'told' },
    { atMs: 20, what: 'third', kind: 'told' },
  ]);
});

test('what is told without a time happens now', () => {
  const startedAtMs = performance.now();
  const chronicle = createChronicle(startedAtMs);
  chronicle.moment('now', { kind: 'told' });
  const [event] = chronicle.events;
  expect(event?.atMs).toBeGreaterThanOrEqual(0);
  expect(event?.atMs).toBeLessThanOrEqual(performance.now() - startedAtMs + 0.1);
});
