import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { situations } from '../model/fixtures/situations.ts';
import { traceBuilder } from '../model/fixtures/trace-builder.ts';
import { readTrace } from './steps.ts';

const anomaliesIn = (events: readonly TraceEvent[]) => readTrace(events).anomalies;
const summary = (events: readonly TraceEvent[]) =>
  anomaliesIn(events).map(({ write, read, lostWrite }) => [
    write.requestId,
    read && `${read.requestId} read ${read.saw?.version}`,
    lostWrite && `${lostWrite.requestId} overwrote ${lostWrite.overwrote}`,
  ]);

test('the race of the README is one lost update: the pay’s write, the read that it relied on, the cancel’s write', () => {
  expect(summary(situations.raceInNone())).toEqual([['6ebfd8d0', '6ebfd8d0 read 3', 'c4f2832 overwrote 3']]);
  expect(anomaliesIn(situations.raceInNone())[0]).toMatchObject({
    text: 'Lost update, user 7: A (pay) had read version 3 and wrote paid over version 4, in which B (cancel) had written free. It never saw that write, and has destroyed it.',
  });
});

test.each(['raceInRedis', 'refusedInVersion', 'outrunInFenced', 'waitsInVain', 'eightInARow'] as const)(
  'no lost update in %s',
  (situation) => {
    expect(anomaliesIn(situations[situation]())).toEqual([]);
  },
);

test('each write of a pay storm but the first destroys the one before it', () => {
  expect(summary(situations.payStorm())).toEqual(
    [1, 2, 3, 4].map((index) => [`51${index}`, `51${index} read 0`, `51${index - 1} overwrote ${index - 1}`]),
  );
});

test('where events are missing, a stale write is told of all the same', () => {
  expect(summary(situations.partial())).toEqual([['6ebfd8d0', undefined, 'c4f2832 overwrote 3']]);
  expect(summary(situations.onlyTheStaleWrite())).toEqual([['6ebfd8d0', undefined, undefined]]);
  expect(anomaliesIn(situations.onlyTheStaleWrite())[0]?.text).toContain('version 4, whose write is not in this trace');
});

test('what a write relied on is the read of its own pass', () => {
  const saw = (version: number) => ({ saw: { paid: false, version, openCharges: [] } });
  const trace = traceBuilder('none');
  trace.request('b', 'pay', 'app-2').does('written', 15, { paid: true, readVersion: 1, overwrote: 1 });
  const a = trace.request('a', 'pay', 'app-1').does('read', 0, saw(0)).does('refused', 10, { readVersion: 0 });
  a.does('read', 12, { ...saw(1), pass: 2 }).does('written', 20, { paid: true, readVersion: 1, overwrote: 2, pass: 2 });
  expect(summary(trace.events())).toEqual([['a', 'a read 1', 'b overwrote 1']]);
  const withoutSecondRead = trace.events().filter(({ step, pass }) => step !== 'read' || pass === 1);
  expect(summary(withoutSecondRead)).toEqual([['a', undefined, 'b overwrote 1']]);
});

test('after a reset, what was destroyed is the version’s latest write, and another user’s is none', () => {
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
