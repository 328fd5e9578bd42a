import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { payStorm, raceInRedis } from './fixtures/situations.ts';
import { traceBuilder } from './fixtures/trace-builder.ts';
import { compareIds, inOrder } from './in-order.ts';

const free = (version: number) => ({ paid: false, version, openCharges: [] });
const stepsOf = (events: readonly TraceEvent[]) => events.map(({ requestId, step }) => `${requestId} ${step}`);

test('events come in the order of the wall clock, whatever order they arrived in', () => {
  const ordered = inOrder(payStorm());
  expect(inOrder(payStorm().toReversed())).toEqual(ordered);
  expect(ordered.map(({ wallMs }) => wallMs)).toEqual(ordered.map(({ wallMs }) => wallMs).toSorted((a, b) => a - b));
});

test('ids of the stream are compared as numbers, part by part', () => {
  const sorted = ['9-0', '10-0', '10-2', '10-10'];
  expect(sorted.toReversed().sort(compareIds)).toEqual(sorted);
});

test('at the same time, the order of the stream decides: 10 comes after 9', () => {
  const trace = traceBuilder('none');
  for (let index = 0; index < 11; index++) trace.request(`r${index}`, 'pay', 'app-1').does('arrived', 0);
  expect(stepsOf(inOrder(trace.events().toReversed()))).toEqual(stepsOf(trace.events()));
});

test('an event that came twice, as after a reconnect, is there once', () => {
  const events = payStorm();
  expect(inOrder([...events, ...events.slice(3, 9)])).toEqual(inOrder(events));
});

test('a read of a version comes after the write that made it, though the reader’s clock is slow', () => {
  const trace = traceBuilder('none');
  trace.request('writer', 'pay', 'app-1').does('written', 100, { paid: true, readVersion: 3, overwrote: 3 });
  trace
    .request('reader', 'cancel', 'app-2')
    .does('read', 60, { saw: free(4) })
    .does('decided', 61);
  expect(stepsOf(inOrder(trace.events()))).toEqual(['writer written', 'reader read', 'reader decided']);
});

test('a read of a version comes before the write over it, though the reader’s clock is fast', () => {
  const trace = traceBuilder('none');
  trace
    .request('reader', 'cancel', 'app-2')
    .does('arrived', 100)
    .does('read', 130, { saw: free(3) });
  trace.request('writer', 'pay', 'app-1').does('written', 90, { paid: true, readVersion: 3, overwrote: 3 });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['reader arrived', 'reader read', 'writer written']);
});

test('a write comes after the one that it overwrote', () => {
  const trace = traceBuilder('none');
  trace.request('second', 'pay', 'app-1').does('written', 50, { paid: true, readVersion: 3, overwrote: 4 });
  trace.request('first', 'pay', 'app-2').does('written', 70, { paid: true, readVersion: 3, overwrote: 3 });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['first written', 'second written']);
});

test('another user’s versions, and those of a run before a reset, move nothing', () => {
  const trace = traceBuilder('none');
  trace.request('reader', 'cancel', 'app-2').does('read', 60, { saw: free(4) });
  trace
    .request('other', 'pay', 'app-1', { userId: 8 })
    .does('written', 100, { paid: true, readVersion: 3, overwrote: 3 });
  trace.request('later', 'pay', 'app-1').does('written', 5000, { paid: true, readVersion: 3, overwrote: 3 });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['reader read', 'other written', 'later written']);
});

test('a request’s own steps are in the order of its instance’s monotonic clock, even where the wall clock was set back', () => {
  const trace = traceBuilder('none');
  trace
    .request('a', 'pay', 'app-1')
    .does('arrived', 0)
    .does('read', 5, { saw: free(0) })
    .does('answered', 9);
  const setBack = trace
    .events()
    .map((event) => (event.step === 'answered' ? { ...event, wallMs: event.wallMs - 1000 } : event));
  expect(stepsOf(inOrder(setBack))).toEqual(['a arrived', 'a read', 'a answered']);
});

test('a lock is released before the next one has it, when only the release’s answer was late', () => {
  const steps = stepsOf(inOrder(raceInRedis()));
  expect(steps.indexOf('32062d64 released')).toBe(steps.indexOf('c4f28322 granted') - 1);
});

test('a lock that two hold at once for longer than a message takes is left as it was: it is broken', () => {
  const key = 'PAYMENT_7_4900';
  const trace = traceBuilder('naive');
  trace.request('a', 'pay', 'app-1').does('granted', 0, { key }).does('released', 900, { key });
  trace.request('b', 'pay', 'app-2').does('granted', 850, { key }).does('released', 990, { key });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['a granted', 'b granted', 'a released', 'b released']);
});

test('an untrue trace, whose causes go in a circle, still gives each event once', () => {
  const trace = traceBuilder('none');
  trace
    .request('a', 'pay', 'app-1')
    .does('written', 10, { overwrote: 4 })
    .does('read', 20, { saw: free(4) });
  trace
    .request('b', 'pay', 'app-2')
    .does('written', 15, { overwrote: 3 })
    .does('read', 16, { saw: free(5) });
  expect(stepsOf(inOrder(trace.events())).toSorted()).toEqual(['a read', 'a written', 'b read', 'b written']);
});
