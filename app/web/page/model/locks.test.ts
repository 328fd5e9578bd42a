import { expect, test } from 'vitest';
import { joinLocks } from './locks.ts';
import { event } from './made-up.ts';

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
