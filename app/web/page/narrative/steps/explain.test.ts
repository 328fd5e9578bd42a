import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { situations } from '../../fixtures/situations.ts';
import { traceBuilder } from '../../fixtures/trace-builder.ts';
import { explain } from './explain.ts';

const inWords = (events: readonly TraceEvent[], requestId: string) =>
  events
    .filter((event) => event.requestId === requestId)
    .map((event) => explain(event).replace(/^The (pay|cancel) of 49\.00 for user 7 on app-\d/, '…'));

test('describes a step in a whole sentence', () => {
  expect(explain(situations.raceInNone()[1] as TraceEvent)).toBe(
    'The pay of 49.00 for user 7 on app-1 read v3 (unpaid), nothing open. It took 1.9 ms.',
  );
});

test('describes the pay of the race, and the version that its write loses', () => {
  expect(inWords(situations.raceInNone(), '6ebfd8d0')).toEqual([
    '… arrived in mode none.',
    '… read v3 (unpaid), nothing open. It took 1.9 ms.',
    '… decided to charge 49.00.',
    '… got charge 61 of 49.00 confirmed. It took 2 s.',
    '… wrote v5 (paid), decided on v3: v4 is lost. It took 2.6 ms.',
    '… was answered 200: paid.',
  ]);
});

test('describes the wait, the token and the hold of a lock', () => {
  expect(inWords(situations.raceInRedis(), 'c4f28322')).toEqual([
    '… arrived in mode redis.',
    '… requested lock PAYMENT_7_4900.',
    '… acquired lock PAYMENT_7_4900 after 907 ms, with fencing token 12.',
    '… read v4 (paid), open: 49.00 (charge 62). It took 1.5 ms.',
    '… decided to refund the open charges.',
    '… got the refund of charge 62 confirmed. It took 102 ms.',
    '… wrote v5 (unpaid), decided on v4. It took 2.8 ms.',
    '… released lock PAYMENT_7_4900 after 108 ms.',
    '… was answered 200: cancelled.',
  ]);
});

test('describes a refusal with its reason, and names a later pass', () => {
  expect(inWords(situations.refusedInVersion(), 'aa03').slice(3, 6)).toEqual([
    '… was refused the refund of charge 70: already refunded. It took 21 ms.',
    '… was refused its write of unpaid: v5 is stale. Nothing is lost. It took 2.9 ms.',
    '…, in pass 2, read v6 (unpaid), nothing open. It took 1.9 ms.',
  ]);
  expect(inWords(situations.outrunInFenced(), 'fe01').at(6)).toBe(
    '… was refused its write of paid: its fencing token 41 is stale. Nothing is lost. It took 2.7 ms.',
  );
  expect(inWords(situations.waitsInVain(), 'b002').at(-1)).toBe(
    '… was answered 409: timed out waiting for the lock, nothing changed.',
  );
});

test('never describes a missing value as “undefined”', () => {
  const steps = ['arrived', 'waiting', 'granted', 'read', 'decided', 'charged', 'refunded'] as const;
  const more = ['written', 'refused', 'released', 'answered'] as const;
  const trace = traceBuilder('fenced');
  const actor = trace.request('bare', 'pay', 'app-1');
  for (const [at, step] of [...steps, ...more].entries()) actor.does(step, at);
  const text = trace.events().map(explain);
  expect(new Set(text).size).toBe(11);
  expect(text.join(' ')).not.toMatch(/undefined|null|NaN| {2}|\.\./);
});

test('does not claim what a write overwrote where the trace does not show it', () => {
  const trace = traceBuilder('none');
  trace.request('a', 'pay', 'app-1').does('written', 1, { paid: true, readVersion: 3 });
  expect(inWords(trace.events(), 'a')).toEqual(['… wrote paid; the trace does not show what it overwrote.']);
});

test('describes a missing user', () => {
  const trace = traceBuilder('none');
  trace.request('a', 'pay', 'app-1').does('read', 1, { saw: null }).does('decided', 2, { saw: null });
  expect(inWords(trace.events(), 'a')).toEqual(['… found no user 7.', '… decided that there is no such user.']);
});
