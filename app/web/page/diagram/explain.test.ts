import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { situations } from '../model/fixtures/situations.ts';
import { traceBuilder } from '../model/fixtures/trace-builder.ts';
import { explain } from './explain.ts';

const inWords = (events: readonly TraceEvent[], requestId: string) =>
  events
    .filter((event) => event.requestId === requestId)
    .map((event) => explain(event).replace(/^The (pay|cancel) of 4900 for user 7 on app-\d/, '…'));

test('a step is told in a whole sentence: who for whom, where, what, how long', () => {
  expect(explain(situations.raceInNone()[1] as TraceEvent)).toBe(
    'The pay of 4900 for user 7 on app-1 reads user 7: free, version 3, nothing open. It took 1.9 ms.',
  );
});

test('the pay of the race says what it read, and that its write loses another one', () => {
  expect(inWords(situations.raceInNone(), '6ebfd8d0')).toEqual([
    '… arrives, in mode none.',
    '… reads user 7: free, version 3, nothing open. It took 1.9 ms.',
    '… decides to charge 4900, by what it has read.',
    '… has 4900 charged by the card processor (charge 61). It took 2 s.',
    '… writes paid over version 4, which makes version 5, but had decided on version 3: what version 4 said is lost. It took 2.6 ms.',
    '… is answered 200: paid.',
  ]);
});

test('under a lock, the wait, the token and the hold are told', () => {
  expect(inWords(situations.raceInRedis(), 'c4f28322')).toEqual([
    '… arrives, in mode redis.',
    '… asks for the lock PAYMENT_7_4900.',
    '… gets the lock PAYMENT_7_4900 after 907 ms, with fencing token 12.',
    '… reads user 7: paid, version 4, open: 4900 (charge 62). It took 1.5 ms.',
    '… decides to refund what is open, by what it has read.',
    '… has charge 62 refunded by the card processor. It took 102 ms.',
    '… writes free over version 4, which makes version 5; it had read the version that it overwrites. It took 2.8 ms.',
    '… gives the lock PAYMENT_7_4900 back, having held it for 108 ms.',
    '… is answered 200: cancelled.',
  ]);
});

test('a refusal says who refused and why, and a later pass that it is one', () => {
  expect(inWords(situations.refusedInVersion(), 'aa03').slice(3, 6)).toEqual([
    '… asks for a refund of charge 70, and is refused: somebody has refunded it already. It took 21 ms.',
    '… is refused its write of free: version 5, which it had read, is no longer the row’s. Nothing is lost. It took 2.9 ms.',
    '…, in pass 2, reads user 7: free, version 6, nothing open. It took 1.9 ms.',
  ]);
  expect(inWords(situations.outrunInFenced(), 'fe01').at(6)).toBe(
    '… is refused its write of paid: its fencing token 41 is no longer the one on the row. Nothing is lost. It took 2.7 ms.',
  );
  expect(inWords(situations.waitsInVain(), 'b002').at(-1)).toBe(
    '… is answered 409: somebody else held the lock for the whole wait, nothing was done.',
  );
});

test('what an event leaves out is left out of the words: no “undefined”, whatever the step', () => {
  const steps = ['arrived', 'waiting', 'granted', 'read', 'decided', 'charged', 'refunded'] as const;
  const more = ['written', 'refused', 'released', 'answered'] as const;
  const trace = traceBuilder('fenced');
  const actor = trace.request('bare', 'pay', 'app-1');
  for (const [at, step] of [...steps, ...more].entries()) actor.does(step, at);
  const text = trace.events().map(explain);
  expect(new Set(text).size).toBe(11);
  expect(text.join(' ')).not.toMatch(/undefined|null|NaN| {2}|\.\./);
});

test('a write that does not say what it overwrote is not told as one that had read it', () => {
  const trace = traceBuilder('none');
  trace.request('a', 'pay', 'app-1').does('written', 1, { paid: true, readVersion: 3 });
  expect(inWords(trace.events(), 'a')).toEqual(['… writes paid; over which version, the trace does not show.']);
});

test('a user that is not there is read as none', () => {
  const trace = traceBuilder('none');
  trace.request('a', 'pay', 'app-1').does('read', 1, { saw: null }).does('decided', 2, { saw: null });
  expect(inWords(trace.events(), 'a')).toEqual([
    '… reads user 7: there is none.',
    '… decides that there is no such user.',
  ]);
});
