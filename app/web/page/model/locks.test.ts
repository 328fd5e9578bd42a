import { expect, test } from 'vitest';
import { event } from './fixtures/runs.ts';
import { describeCheck, isLocked, joinLocks } from './locks.ts';

const key = 'PAYMENT_7_4900';
const held = (on: string, ttlMs: number, waiting = 0) => ({ key, on, holder: 'opaque', ttlMs, waiting });

test('a lock is held by whoever was let in last and has not left', () => {
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

test('of a holder that is in no trace here, nothing is known', () => {
  const gone = [event('pay', 'granted', 1, { key }), event('pay', 'released', 2, { key })];
  expect(joinLocks([held('redis', 9000)], gone)).toEqual([{ key, on: ['redis'], ttlMs: 9000, waiting: 0 }]);
});

test('a lock on several servers is one lock, which lasts as long as the first of them keeps it', () => {
  const [row, ...more] = joinLocks(
    [held('redlock-1', 9000, 1), held('redlock-2', 8990, 2), held('redlock-3', 9010)],
    [],
  );
  expect(more).toEqual([]);
  expect(row).toMatchObject({ on: ['redlock-1', 'redlock-2', 'redlock-3'], ttlMs: 8990, waiting: 2 });
});

test('a user is locked while a lock is held on one of the user’s payments, or on the user', () => {
  expect(isLocked([7], [held('redis', 9000)])).toBe(true);
  expect(isLocked([7], [{ ...held('redis', 9000), key: 'PAYMENT_7' }])).toBe(true);
  for (const other of [70, 4900]) expect(isLocked([other], [held('redis', 9000)])).toBe(false);
  expect(isLocked([7], [])).toBe(false);
});

test('that nobody holds a lock is said only where every server has answered', () => {
  const seen = { outcome: 'seen', held: [], unreachable: [] } as const;
  expect(describeCheck(seen)).toBe('None, for the users that are shown.');
  expect(describeCheck({ ...seen, held: [held('redis', 9000)] })).toBeUndefined();
  const silent = { ...seen, unreachable: ['redlock-1'] };
  expect(describeCheck(silent)).toBe('Not known of redlock-1, which does not answer.');
  expect(describeCheck({ ...silent, held: [held('redis', 9000)] })).toBe(
    'Not known of redlock-1, which does not answer.',
  );
  expect(describeCheck({ ...seen, unreachable: ['redis', 'redlock-1', 'redlock-2'] })).toBe(
    'Not known of redis, redlock-1 and redlock-2, which do not answer.',
  );
  expect(describeCheck({ outcome: 'unanswered' })).toBe('Not known: the lab has not answered.');
  expect(describeCheck(undefined)).toBe('Not looked at now.');
});
