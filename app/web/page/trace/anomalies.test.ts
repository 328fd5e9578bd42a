import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { situations } from '../fixtures/situations.ts';
import { traceBuilder } from '../fixtures/trace-builder.ts';
import { readTrace } from './steps.ts';

const anomaliesIn = (events: readonly TraceEvent[]) => readTrace(events).anomalies;
const summary = (events: readonly TraceEvent[]) =>
  anomaliesIn(events).map(({ write, read, lostWrite }) => [
    write.requestId,
    read && `${read.requestId} read ${read.saw?.version}`,
    lostWrite && `${lostWrite.requestId} overwrote ${lostWrite.overwrote}`,
  ]);

test('finds the one lost update of the race of the README', () => {
  expect(summary(situations.raceInNone())).toEqual([['6ebfd8d0', '6ebfd8d0 read 3', 'c4f2832 overwrote 3']]);
  expect(anomaliesIn(situations.raceInNone())[0]).toMatchObject({
    text: 'Lost update, user 7: A (pay) wrote v5 (paid), decided on v3: v4 (unpaid) by B (cancel) is lost.',
  });
});

test.each(['raceInRedis', 'refusedInVersion', 'outrunInFenced', 'waitsInVain', 'eightInARow'] as const)(
  'no lost update in %s',
  (situation) => {
    expect(anomaliesIn(situations[situation]())).toEqual([]);
  },
);

test('each write of a pay storm but the first overwrites the one before', () => {
  expect(summary(situations.payStorm())).toEqual(
    [1, 2, 3, 4].map((index) => [`51${index}`, `51${index} read 0`, `51${index - 1} overwrote ${index - 1}`]),
  );
});

test('finds a stale write although events are missing', () => {
  expect(summary(situations.partial())).toEqual([['6ebfd8d0', undefined, 'c4f2832 overwrote 3']]);
  expect(summary(situations.onlyTheStaleWrite())).toEqual([['6ebfd8d0', undefined, undefined]]);
  expect(anomaliesIn(situations.onlyTheStaleWrite())[0]?.text).toContain('v4 is lost; its write is not in this trace');
});

test('a write relies on the read of its own pass', () => {
  const saw = (version: number) => ({ saw: { paid: false, version, openCharges: [] } });
  const trace = traceBuilder('none');
  trace.request('b', 'pay', 'app-2').does('written', 15, { paid: true, readVersion: 1, overwrote: 1 });
  const a = trace.request('a', 'pay', 'app-1').does('read', 0, saw(0)).does('refused', 10, { readVersion: 0 });
  a.does('read', 12, { ...saw(1), pass: 2 }).does('written', 20, { paid: true, readVersion: 1, overwrote: 2, pass: 2 });
  expect(summary(trace.events())).toEqual([['a', 'a read 1', 'b overwrote 1']]);
  const withoutSecondRead = trace.events().filter(({ step, pass }) => step !== 'read' || pass === 1);
  expect(summary(withoutSecondRead)).toEqual([['a', undefined, 'b overwrote 1']]);
});

test('after a reset, the lost write is the latest of the version and user', () => {
  const trace = traceBuilder('none');
  const wrote = (id: string, at: number, readVersion: number, overwrote: number, userId = 7) =>
    trace.request(id, 'pay', 'app-1', { userId }).does('written', at, { paid: true, readVersion, overwrote });
  wrote('before', 0, 0, 0);
  wrote('after', 5000, 0, 0);
  wrote('other', 5500, 0, 0, 8);
  wrote('stale', 6000, 0, 1);
  wrote('other stale', 6500, 0, 1, 8);
  expect(summary(trace.events())).toEqual([
    ['stale', undefined, 'after overwrote 0'],
    ['other stale', undefined, 'other overwrote 0'],
  ]);
});
