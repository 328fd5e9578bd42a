import { expect, test } from 'vitest';
import { answered, lostUpdate, refused } from './made-up.ts';
import { countAnswer, countEvent, countSent, nothingYet } from './tally.ts';

test('a load counts what was sent, each kind of answer, and the lost updates of the trace', () => {
  const answers = [
    answered('paid'),
    answered('paid'),
    refused('lock-busy', 409),
    { outcome: 'unreachable', tookMs: 1 } as const,
  ];
  const sent = [1, 2, 3, 4].reduce(countSent, nothingYet);
  const tally = lostUpdate.reduce(countEvent, answers.reduce(countAnswer, sent));
  expect(tally).toEqual({
    sent: 4,
    answers: { paid: 2, 'lock-busy': 1, unreachable: 1 },
    staleWrites: 1,
    events: lostUpdate.length,
  });
  expect(nothingYet).toEqual({ sent: 0, answers: {}, staleWrites: 0, events: 0 });
});
