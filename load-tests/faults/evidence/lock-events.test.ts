import { expect, test } from 'vitest';
import { type ObservedLocks, recordLockEvents } from './lock-events.ts';
import type { LockObservation } from './lock-watch.ts';
import { createEventLog } from './timeline.ts';

const key = 'PAYMENT_7_4900';
const taken = (atMs: number, node: string, value: string): LockObservation => ({
  atMs,
  node,
  key,
  saw: 'taken',
  value,
  untilMs: atMs + 1000,
});
const sent = (who: string, at: string, invokedAtMs: number, returnedAtMs?: number) => ({
  who,
  at: { name: at } as ObservedLocks['requests'][number]['at'],
  userId: 7,
  amount: 4900,
  invokedAtMs,
  operation:
    returnedAtMs === undefined ? undefined : ({ call: 'pay', answer: 'paid', invokedAtMs, returnedAtMs } as const),
});

function recorded(seen: Partial<ObservedLocks>): string[] {
  const eventLog = createEventLog(0);
  const nothing = {
    observations: [],
    requests: [],
    firstEvents: new Map<string, number>(),
    startedAtMs: 0,
    endedAtMs: 10_000,
  };
  recordLockEvents({ ...nothing, ...seen }, eventLog.record);
  return eventLog.events.map((event) => {
    const by =
      event.kind === 'granted' ? `${event.at} until ${event.untilMs}` : event.kind === 'ended' ? event.how : '';
    return `${event.atMs} ${event.what} (${by})`;
  });
}

test('ends an unreleased lock with its TTL, and attributes the next grant to the rival', () => {
  const requests = [sent('A', 'app-1', 0), sent('B', 'app-2', 50)];
  const observations = [
    taken(10, 'redis', '1'),
    taken(1040, 'redis', '1'),
    { atMs: 1060, node: 'redis', key, saw: 'deleted' } as const,
  ];
  expect(recorded({ observations, requests })).toEqual([
    '10 A is granted the lock on redis for 1000 ms (app-1 until 1010)',
    '1010 the lock of A on redis expires (expired)',
    '1040 B is granted the lock on redis for 1000 ms (app-2 until 2040)',
    '1060 the lock of B on redis is deleted (deleted)',
  ]);
});

test('dates an expiry by the TTL, not by Redis’s late notification', () => {
  const observations = [taken(10, 'redis', '1'), { atMs: 1090, node: 'redis', key, saw: 'expired' } as const];
  expect(recorded({ observations, requests: [sent('A', 'app-1', 0)] })[1]).toBe(
    '1010 the lock of A on redis expires (expired)',
  );
});

test('takes a repeated value for a renewal, not another grant', () => {
  const observations = [taken(10, 'redis', 'x:1:1000'), taken(510, 'redis', 'x:1:1000')];
  expect(recorded({ observations, requests: [sent('A', 'app-1', 0)] })).toEqual([
    '10 A is granted the lock on redis for 1000 ms (app-1 until 1010)',
    '1510 the lock of A on redis expires (expired)',
  ]);
});

test('records grants per node', () => {
  const requests = [sent('A', 'app-1', 0), sent('B', 'app-2', 0)];
  const observations = [
    taken(10, 'redlock-1', 'x:1:1000'),
    taken(11, 'redlock-2', 'x:1:1000'),
    taken(12, 'redlock-3', 'y:1:1000'),
  ];
  const grants = recorded({ observations, requests }).filter((line) => line.includes('granted'));
  expect(grants.map((line) => line.slice(0, 40))).toEqual([
    '10 A is granted the lock on redlock-1 fo',
    '11 A is granted the lock on redlock-2 fo',
    '12 A is granted the lock on redlock-3 fo', // nothing shows yet that y is another client
  ]);
});

test('recognizes a known client among other waiting requests', () => {
  const requests = [sent('A', 'app-1', 0, 100), sent('B', 'app-2', 20), sent('C', 'app-1', 110)];
  const deleted = (atMs: number) => ({ atMs, node: 'redis', key, saw: 'deleted' }) as const;
  const observations = [taken(10, 'redis', 'x:1:1000'), deleted(90), taken(120, 'redis', 'x:2:1000')];
  expect(recorded({ observations, requests })[2]).toBe(
    '120 C is granted the lock on redis for 1000 ms (app-1 until 1120)',
  );
});

test('attributes no grant to a request that has already charged', () => {
  const requests = [sent('B', 'app-3', 0), sent('A', 'app-1', 50)];
  const seen = { observations: [taken(60, 'redis', '1')], requests, firstEvents: new Map([['B', 40]]) };
  expect(recorded(seen)[0]).toContain('60 A is granted');
});

test('attributes no grant to a request that was answered or has another amount', () => {
  const requests = [sent('A', 'app-1', 0, 5), { ...sent('B', 'app-2', 0), amount: 9900 }, sent('C', 'app-3', 0)];
  expect(recorded({ observations: [taken(60, 'redis', '1')], requests })[0]).toContain('60 C is granted');
});

test('a lost node loses its own locks only', () => {
  const requests = [sent('A', 'app-1', 0)];
  const lost = { atMs: 20, node: 'redlock-1', saw: 'lost' } as const;
  const observations = [taken(10, 'redlock-1', 'x:1:1000'), taken(10, 'redlock-10', 'x:1:1000'), lost];
  expect(recorded({ observations, requests }).slice(2)).toEqual([
    '20 the lock of A on redlock-1 is lost (lost)',
    '1010 the lock of A on redlock-10 expires (expired)',
  ]);
});

test('records no end of a lock that outlives the cell', () => {
  const observations = [taken(10, 'redis', '1')];
  expect(recorded({ observations, requests: [sent('A', 'app-1', 0)], endedAtMs: 900 })).toHaveLength(1);
});

test('backdates a grant observed late, and the end of the previous one with it', () => {
  const requests = [sent('A', 'app-1', 0), sent('B', 'app-2', 10)];
  const late = (atMs: number, value: string, sinceMs: number) => ({
    ...taken(atMs, 'redis', value),
    sinceMs,
    untilMs: sinceMs + 1000,
  });
  const deleted = { atMs: 100, node: 'redis', key, saw: 'deleted' } as const;
  const observations = [late(30, 'x:1:1000', 20), deleted, late(100, 'y:1:1000', 85)];
  expect(recorded({ observations, requests }).slice(0, 3)).toEqual([
    '20 A is granted the lock on redis for 1000 ms (app-1 until 1020)',
    '85 the lock of A on redis is deleted (deleted)',
    '85 B is granted the lock on redis for 1000 ms (app-2 until 1085)',
  ]);
});

test('ends a lock without an observed end when another value holds it', () => {
  const requests = [sent('A', 'app-1', 0), sent('B', 'app-2', 0)];
  const observations = [taken(10, 'redis', 'x:1:1000'), taken(50, 'redis', 'y:1:1000')];
  expect(recorded({ observations, requests }).slice(0, 3)).toEqual([
    '10 A is granted the lock on redis for 1000 ms (app-1 until 1010)',
    '50 the lock of A on redis expires (expired)',
    '50 B is granted the lock on redis for 1000 ms (app-2 until 1050)',
  ]);
});

test('attributes a grant that seems to precede every request to the first', () => {
  const requests = [sent('A', 'app-1', 12), sent('B', 'app-2', 50)];
  expect(recorded({ observations: [taken(10, 'redis', '1')], requests })[0]).toBe(
    '12 A is granted the lock on redis for 998 ms (app-1 until 1010)',
  );
});
