import { expect, test } from 'vitest';
import { answered, refused } from '../../fixtures/runs.ts';
import { describeState } from './describe-state.ts';

test.each([
  [{ state: 'not sent' }, 'not sent yet'],
  [{ state: 'held', before: 'act', next: 'charge 4900' }, 'about to charge 49.00'],
  [{ state: 'blocked', at: 'entry' }, 'blocked: waiting for the lock'],
  [{ state: 'blocked', at: 'write' }, 'blocked by the database in its write'],
  [{ state: 'running' }, 'no longer held: it goes on by itself'],
  [{ state: 'ended', answer: answered('paid') }, 'done'],
  [{ state: 'ended', answer: refused('lock-busy', 409) }, 'timed out waiting (409)'],
  [
    { state: 'ended', answer: refused('unavailable', 503) },
    'refused: Redis or MySQL does not answer; nothing changed (503), after 2 s, by app-2',
  ],
  [{ state: 'ended', answer: { outcome: 'unreachable', tookMs: 40 } }, 'no answer after 40 ms; result unknown'],
] as const)('describes %j as: %s', (requestState, text) => {
  expect(describeState(requestState)).toBe(text);
});
