import { expect, test } from 'vitest';
import { event } from '../fixtures/runs.ts';
import { describeCheck, isLocked, joinLocks } from './locks.ts';

const key = 'PAYMENT_7_4900';
const held = (on: string, ttlMs: number, waiting = 0) => ({ key, on, holder: 'opaque', ttlMs, waiting });

test('the holder is the last request that acquired and has not released', () => {
  const events = [
    event('pay', 'granted', 1, { key }),
    event('pay', 'released', 2, { key }),
    event('cancel', 'granted', 3, { key, instance: 'app-3' }),
    event('pay', 'granted', 4, { key: 'PAYMENT_8_4900' }),
  ];
  expect(joinLocks([held('redis', 9000, 1)], events)).toEqual([
    { key, on: ['redis'], holder: { requestId: 'cancel', kind: 'cancel', instance: 'app-3' }, ttlMs: 9000, waiting: 1 },
  ]);
});

test('knows no holder that is in no trace of the page', () => {
  const gone = [event('pay', 'granted', 1, { key }), event('pay', 'released', 2, { key })];
  expect(joinLocks([held('redis', 9000)], gone)).toEqual([{ key, on: ['redis'], ttlMs: 9000, waiting: 0 }]);
});

test('a lock on several servers is one lock with the shortest TTL', () => {
  const [row, ...more] = joinLocks(
    [held('redlock-1', 9000, 1), held('redlock-2', 8990, 2), held('redlock-3', 9010)],
    [],
  );
  expect(more).toEqual([]);
  expect(row).toMatchObject({ on: ['redlock-1', 'redlock-2', 'redlock-3'], ttlMs: 8990, waiting: 2 });
});

test('a user is locked by a lock on a payment of the user, or on the user', () => {
  expect(isLocked([7], [held('redis', 9000)])).toBe(true);
  expect(isLocked([7], [{ ...held('redis', 9000), key: 'PAYMENT_7' }])).toBe(true);
  for (const other of [70, 4900]) expect(isLocked([other], [held('redis', 9000)])).toBe(false);
  expect(isLocked([7], [])).toBe(false);
});

test('reports no locks only if every server answered', () => {
  const seen = { outcome: 'seen', held: [], unreachable: [] } as const;
  expect(describeCheck(seen)).toBe('None for the users shown.');
  expect(describeCheck({ ...seen, held: [held('redis', 9000)] })).toBeUndefined();
  const silent = { ...seen, unreachable: ['redlock-1'] };
  expect(describeCheck(silent)).toBe('Unknown on redlock-1: no answer.');
  expect(describeCheck({ ...silent, held: [held('redis', 9000)] })).toBe('Unknown on redlock-1: no answer.');
  expect(describeCheck({ ...seen, unreachable: ['redis', 'redlock-1', 'redlock-2'] })).toBe(
    'Unknown on redis, redlock-1 and redlock-2: no answer.',
  );
  expect(describeCheck({ outcome: 'unanswered' })).toBe('Unknown: the lab did not answer.');
  expect(describeCheck(undefined)).toBe('Not checked yet.');
});
