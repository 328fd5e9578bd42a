import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { payStorm, raceInRedis } from '../fixtures/situations.ts';
import { traceBuilder } from '../fixtures/trace-builder.ts';
import { compareIds, inOrder } from './in-order.ts';

const free = (version: number) => ({ paid: false, version, openCharges: [] });
const stepsOf = (events: readonly TraceEvent[]) => events.map(({ requestId, step }) => `${requestId} ${step}`);

test('orders events by the wall clock, not by arrival', () => {
  const ordered = inOrder(payStorm());
  expect(inOrder(payStorm().toReversed())).toEqual(ordered);
  expect(ordered.map(({ wallMs }) => wallMs)).toEqual(ordered.map(({ wallMs }) => wallMs).toSorted((a, b) => a - b));
});

test('compares stream ids as numbers, part by part', () => {
  const sorted = ['9-0', '10-0', '10-2', '10-10'];
  expect(sorted.toReversed().sort(compareIds)).toEqual(sorted);
});

test('orders simultaneous events by the stream: 10 after 9', () => {
  const trace = traceBuilder('none');
  for (let index = 0; index < 11; index++) trace.request(`r${index}`, 'pay', 'app-1').does('arrived', 0);
  expect(stepsOf(inOrder(trace.events().toReversed()))).toEqual(stepsOf(trace.events()));
});

test('removes duplicates, as after a reconnect', () => {
  const events = payStorm();
  expect(inOrder([...events, ...events.slice(3, 9)])).toEqual(inOrder(events));
});

test('a read follows the write of its version despite a slow clock', () => {
  const trace = traceBuilder('none');
  trace.request('writer', 'pay', 'app-1').does('written', 100, { paid: true, readVersion: 3, overwrote: 3 });
  trace
    .request('reader', 'cancel', 'app-2')
    .does('read', 60, { saw: free(4) })
    .does('decided', 61);
  expect(stepsOf(inOrder(trace.events()))).toEqual(['writer written', 'reader read', 'reader decided']);
});

test('a read precedes the write over its version despite a fast clock', () => {
  const trace = traceBuilder('none');
  trace
    .request('reader', 'cancel', 'app-2')
    .does('arrived', 100)
    .does('read', 130, { saw: free(3) });
  trace.request('writer', 'pay', 'app-1').does('written', 90, { paid: true, readVersion: 3, overwrote: 3 });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['reader arrived', 'reader read', 'writer written']);
});

test('a write follows the one that it overwrote', () => {
  const trace = traceBuilder('none');
  trace.request('second', 'pay', 'app-1').does('written', 50, { paid: true, readVersion: 3, overwrote: 4 });
  trace.request('first', 'pay', 'app-2').does('written', 70, { paid: true, readVersion: 3, overwrote: 3 });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['first written', 'second written']);
});

test('ignores versions of other users and of runs before a reset', () => {
  const trace = traceBuilder('none');
  trace.request('reader', 'cancel', 'app-2').does('read', 60, { saw: free(4) });
  trace
    .request('other', 'pay', 'app-1', { userId: 8 })
    .does('written', 100, { paid: true, readVersion: 3, overwrote: 3 });
  trace.request('later', 'pay', 'app-1').does('written', 5000, { paid: true, readVersion: 3, overwrote: 3 });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['reader read', 'other written', 'later written']);
});

test('orders a request’s own steps by the monotonic clock', () => {
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

test('a release precedes the next grant if only its answer was late', () => {
  const steps = stepsOf(inOrder(raceInRedis()));
  expect(steps.indexOf('32062d64 released')).toBe(steps.indexOf('c4f28322 granted') - 1);
});

test('leaves overlapping holds of a broken lock in place', () => {
  const key = 'PAYMENT_7_4900';
  const trace = traceBuilder('naive');
  trace.request('a', 'pay', 'app-1').does('granted', 0, { key }).does('released', 900, { key });
  trace.request('b', 'pay', 'app-2').does('granted', 850, { key }).does('released', 990, { key });
  expect(stepsOf(inOrder(trace.events()))).toEqual(['a granted', 'b granted', 'a released', 'b released']);
});

test('keeps each event once if causes are circular', () => {
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
