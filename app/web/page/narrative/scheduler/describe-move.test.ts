import { describe, expect, test } from 'vitest';
import { answered, refused } from '../../fixtures/runs.ts';
import type { RequestState, RequestStates } from '../../state/scheduler/stepping.ts';
import { describeMeanwhile, describeMove } from './describe-move.ts';

const held = (before: 'read' | 'act' | 'write', next: string = before): RequestState => ({
  state: 'held',
  before,
  next,
});
const notSent: RequestState = { state: 'not sent' };
const toWrite = held('write');
const blocked: RequestState = { state: 'blocked', at: 'entry' };
const at = (A: RequestState, B: RequestState): RequestStates => ({ A, B });
const failed = (problem: string, httpStatus: number): RequestState => ({
  state: 'ended',
  answer: refused(problem, httpStatus),
});
const done = (status: string): RequestState => ({ state: 'ended', answer: answered(status) });

describe('a move', () => {
  test.each([
    [
      'A',
      at(notSent, notSent),
      at(held('act', 'charge 4900'), notSent),
      'The pay read the user. It is about to charge 49.00.',
    ],
    [
      'A',
      at(held('act', 'charge 4900'), notSent),
      at(held('write'), notSent),
      'The pay charged the card. It is about to write.',
    ],
    [
      'B',
      at(held('write'), notSent),
      at(held('write'), blocked),
      'The cancel is blocked: waiting for the lock. It took no step.',
    ],
    [
      'B',
      at(notSent, held('act', 'refund charge 7')),
      at(notSent, held('write')),
      'The cancel refunded the charge. It is about to write.',
    ],
    [
      'B',
      at(notSent, held('write')),
      at(notSent, done('cancelled')),
      'The cancel wrote the flag. Answer: cancelled, after 1.5 s, by app-2.',
    ],
    [
      'A',
      at(held('write'), notSent),
      at(held('act', 'refund charge 7'), notSent),
      'The pay was refused its write, and takes its charge back. It is about to refund charge 7.',
    ],
    [
      'B',
      at(notSent, notSent),
      at(notSent, done('nothing_to_cancel')),
      'The cancel read the user. Answer: nothing to cancel, after 1.5 s, by app-2.',
    ],
    [
      'A',
      at(toWrite, notSent),
      at(failed('stale-write', 409), notSent),
      'The pay was refused its write, and takes its charge back. Answer: cancelled by another request; nothing is charged (409), after 2 s, by app-2.',
    ],
    [
      'A',
      at(held('act', 'charge 4900'), notSent),
      at(failed('unavailable', 503), notSent),
      'The pay ended. Answer: refused: Redis or MySQL does not answer; nothing changed (503), after 2 s, by app-2.',
    ],
    [
      'A',
      at(toWrite, notSent),
      at({ state: 'ended', answer: { outcome: 'unreachable', tookMs: 8000 } }, notSent),
      'The pay ended. Answer: no answer after 8 s; result unknown.',
    ],
    [
      'A',
      at(toWrite, blocked),
      at(done('paid'), held('read')),
      'The pay wrote the flag. Answer: paid, after 1.5 s, by app-2. The cancel was admitted.',
    ],
  ] as const)('%s: %#', (name, before, after, text) => {
    expect(describeMove(name, before, after)).toBe(text);
  });
});

describe('without a move', () => {
  const timedOut: RequestState = { state: 'ended', answer: refused('lock-busy', 409) };

  test.each([
    [at(toWrite, blocked), at(toWrite, held('read')), 'Meanwhile the cancel was admitted.'],
    [
      at(toWrite, blocked),
      at(toWrite, timedOut),
      'Meanwhile the cancel was answered: timed out waiting for the lock; nothing changed (409), after 2 s, by app-2.',
    ],
    [
      at(toWrite, notSent),
      at({ state: 'running' }, notSent),
      'Meanwhile the pay went on by itself: a hold lasts ten minutes at most.',
    ],
  ] as const)('%#', (before, after, text) => {
    expect(describeMeanwhile(before, after, false)).toBe(text);
    expect(describeMeanwhile(before, after, true)).toBe(`${text} The question no longer applies: it is withdrawn.`);
  });
});
