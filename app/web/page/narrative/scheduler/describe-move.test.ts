import { describe, expect, test } from 'vitest';
import { answered, refused } from '../../fixtures/runs.ts';
import type { Name, RequestState, RequestStates } from '../../state/scheduler/stepping.ts';
import { describeMeanwhile, describeMove } from './describe-move.ts';

const notSent: RequestState = { state: 'not sent' };
const toRead: RequestState = { state: 'held', before: 'read', next: 'read' };
const toCharge: RequestState = { state: 'held', before: 'act', next: 'charge 4900' };
const toRefund: RequestState = { state: 'held', before: 'act', next: 'refund charge 7' };
const toWrite: RequestState = { state: 'held', before: 'write', next: 'write' };
const blocked: RequestState = { state: 'blocked', at: 'entry' };
const ended = (answer: ReturnType<typeof answered>): RequestState => ({ state: 'ended', answer });
const timedOut = ended(refused('lock-busy', 409));
/** @param rival the state of the other request. */
const at = (name: Name, own: RequestState, rival: RequestState): RequestStates =>
  name === 'A' ? { A: own, B: rival } : { A: rival, B: own };

describe('a move', () => {
  test.each([
    ['A', notSent, toCharge, 'The pay read the user. It is about to charge 49.00.'],
    ['A', toCharge, toWrite, 'The pay charged the card. It is about to write.'],
    ['B', toRefund, toWrite, 'The cancel refunded the charge. It is about to write.'],
    [
      'B',
      toWrite,
      ended(answered('cancelled')),
      'The cancel wrote the flag. Answer: cancelled, after 1.5 s, by app-2.',
    ],
    [
      'A',
      toWrite,
      toRefund,
      'The pay was refused its write, and takes its charge back. It is about to refund charge 7.',
    ],
    [
      'B',
      notSent,
      ended(answered('nothing_to_cancel')),
      'The cancel read the user. Answer: nothing to cancel, after 1.5 s, by app-2.',
    ],
    [
      'A',
      toWrite,
      ended(refused('stale-write', 409)),
      'The pay was refused its write, and takes its charge back. Answer: cancelled by another request; nothing is charged (409), after 2 s, by app-2.',
    ],
    [
      'A',
      toCharge,
      ended(refused('unavailable', 503)),
      'The pay ended. Answer: refused: Redis or MySQL does not answer; nothing changed (503), after 2 s, by app-2.',
    ],
    [
      'A',
      toWrite,
      ended({ outcome: 'unreachable', tookMs: 8000 }),
      'The pay ended. Answer: no answer after 8 s; result unknown.',
    ],
  ] as const)('%s: %#', (name, before, after, text) => {
    expect(describeMove(name, at(name, before, notSent), at(name, after, notSent))).toBe(text);
  });

  test('of a blocked request is no step; the end of its rival admits it', () => {
    expect(describeMove('B', at('B', notSent, toWrite), at('B', blocked, toWrite))).toBe(
      'The cancel is blocked: waiting for the lock. It took no step.',
    );
    expect(describeMove('A', at('A', toWrite, blocked), at('A', ended(answered('paid')), toRead))).toBe(
      'The pay wrote the flag. Answer: paid, after 1.5 s, by app-2. The cancel was admitted.',
    );
  });
});

test.each([
  ['B', blocked, toRead, 'Meanwhile the cancel was admitted.'],
  [
    'B',
    blocked,
    timedOut,
    'Meanwhile the cancel was answered: timed out waiting for the lock; nothing changed (409), after 2 s, by app-2.',
  ],
  ['A', toWrite, { state: 'running' }, 'Meanwhile the pay went on by itself: a hold lasts ten minutes at most.'],
] as const)('without a move: %s: %#', (name, before, after, text) => {
  const states = [at(name, before, toWrite), at(name, after, toWrite)] as const;
  expect(describeMeanwhile(...states, false)).toBe(text);
  expect(describeMeanwhile(...states, true)).toBe(`${text} The question no longer applies: it is withdrawn.`);
});
