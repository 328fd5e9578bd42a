import { expect, test } from 'vitest';
import { describeState } from './describe-state.ts';
import { answered, refused } from './fixtures/runs.ts';

test.each([
  [{ state: 'not sent' }, 'not sent yet'],
  [{ state: 'held', before: 'act', next: 'charge 4900' }, 'about to charge 49.00'],
  [{ state: 'blocked', timedOut: false }, 'kept out: it waits for the lock'],
  [{ state: 'blocked', timedOut: true }, 'gave up waiting, and was answered 409'],
  [{ state: 'ended', answer: answered('paid') }, 'done'],
  [{ state: 'ended', answer: refused('lock-busy', 409) }, 'gave up waiting, and was answered 409'],
  [
    { state: 'ended', answer: refused('unavailable', 503) },
    'refused: Redis or MySQL does not answer; nothing was done (503), after 2 s, by app-2',
  ],
  [
    { state: 'ended', answer: { outcome: 'unreachable', tookMs: 40 } },
    'no answer after 40 ms: whether it was done is not known',
  ],
] as const)('%j is told as: %s', (requestState, text) => {
  expect(describeState(requestState)).toBe(text);
});
